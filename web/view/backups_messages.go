package view

// backupsMessages are the texts whose keys begin with "backups.".
func backupsMessages() book {
	return book{
		"backups.title":  {"Backups", "Cadangan"},
		"backups.lead":   {"Every change is kept by itself. Take your shop back to any earlier moment; nothing is lost by it.", "Setiap perubahan tersimpan sendiri. Kembalikan tokomu ke waktu mana pun; tidak ada yang hilang karenanya."},
		"backups.choose": {"Choose a moment", "Pilih waktu"},
		"backups.range":  {"Moment to go back to", "Waktu yang dituju"},
		"backups.at":     {"Exactly (time in %s)", "Tepatnya (waktu %s)"},
		"backups.look":   {"See what would happen", "Lihat apa yang akan terjadi"},
		"backups.now":    {"now", "sekarang"},

		"backups.problem": {"The backups cannot be read at the moment. Your changes are still being saved; please try again soon.", "Cadangan sedang tidak bisa dibaca. Perubahanmu tetap disimpan; silakan coba lagi sebentar lagi."},
		"backups.none":    {"There is no backup yet. The first one is being made right now.", "Belum ada cadangan. Yang pertama sedang dibuat."},

		"backups.will":         {"Your shop will look as it did on %s", "Tokomu akan menjadi seperti pada %s"},
		"backups.will.change":  {"%s design that was changed since then goes back to how it was.|%s designs that were changed since then go back to how they were.", "%s desain yang diubah sejak itu kembali seperti semula."},
		"backups.will.go":      {"%s design that was made since then goes away.|%s designs that were made since then go away.", "%s desain yang dibuat sejak itu akan hilang."},
		"backups.will.come":    {"%s design that was deleted since then comes back.|%s designs that were deleted since then come back.", "%s desain yang dihapus sejak itu akan muncul kembali."},
		"backups.will.nothing": {"No design was changed since then.", "Tidak ada desain yang berubah sejak itu."},
		"backups.will.stay":    {"Plan, settings and API keys stay as they are.", "Paket, pengaturan, dan kunci API tetap seperti sekarang."},
		"backups.do":           {"Take the shop back to %s", "Kembalikan toko ke %s"},
		"backups.hint":         {"Move the slider, or type a time.", "Geser pengaturnya, atau ketik waktunya."},
		"backups.do.undo":      {"It takes a few seconds, and you can undo it.", "Hanya beberapa detik, dan bisa diurungkan."},

		"backups.step.exact":  {"Every single change of this time is kept.", "Setiap perubahan pada waktu ini tersimpan."},
		"backups.step.minute": {"Of this time one state a minute is kept.", "Dari waktu ini tersimpan satu keadaan per menit."},
		"backups.step.hour":   {"Of this time one state an hour is kept.", "Dari waktu ini tersimpan satu keadaan per jam."},
		"backups.step.day":    {"Of this time only a few states are kept.", "Dari waktu ini hanya tersimpan beberapa keadaan."},
		"backups.steps":       {"How exact it is", "Seberapa tepat"},
		"backups.steps.text":  {"States are kept only where something was changed.", "Keadaan hanya disimpan ketika ada yang berubah."},

		"backups.undo.title": {"The last restore", "Pemulihan terakhir"},
		"backups.undo.text":  {"You can go back to what was there before it. What was changed since stays restorable, too.", "Kamu bisa kembali ke keadaan sebelumnya. Yang diubah setelahnya juga tetap bisa dipulihkan."},
		"backups.undo.do":    {"Undo the restore", "Urungkan pemulihan"},
		"backups.undo.ask":   {"Go back to what was there before the last restore?", "Kembali ke keadaan sebelum pemulihan terakhir?"},

		"backups.error.moment": {"This is not a moment. Choose a day and a time.", "Ini bukan waktu yang benar. Pilih tanggal dan jam."},
		"backups.error.future": {"This moment is still to come.", "Waktu itu belum terjadi."},
		"backups.error.early":  {"Nothing as old as that is kept. The oldest is of %s.", "Tidak ada yang setua itu. Yang tertua dari %s."},
		"backups.error.undo":   {"There is no restore to undo.", "Tidak ada pemulihan yang bisa diurungkan."},
		"backups.failed":       {"The restore did not work: your shop is as it was before. Please try again, or choose another moment.", "Pemulihan tidak berhasil: tokomu masih seperti sebelumnya. Coba lagi, atau pilih waktu lain."},

		"backups.progress.title":   {"Your shop is going back in time", "Tokomu sedang kembali ke masa lalu"},
		"backups.progress.text":    {"This takes a few seconds. You can close this page; it goes on by itself.", "Ini hanya beberapa detik. Kamu boleh menutup halaman ini; prosesnya tetap berjalan."},
		"backups.progress.waiting": {"Waiting for its turn", "Menunggu giliran"},
		"backups.progress.running": {"Working on it, %s s", "Sedang dikerjakan, %s dtk"},
		"backups.progress.done":    {"Done.", "Selesai."},
		"backups.progress.failed":  {"That did not work. Your shop is as it was before.", "Tidak berhasil. Tokomu masih seperti sebelumnya."},
		"backups.progress.next":    {"Go on", "Lanjut"},
		"backups.progress.again":   {"Look again", "Lihat lagi"},

		"done.restored":       {"Your shop is back at that moment.", "Tokomu sudah kembali ke waktu itu."},
		"done.restore-undone": {"The restore is undone.", "Pemulihan sudah diurungkan."},
	}
}
