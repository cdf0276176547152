package view

// commonMessages are the texts that more than one area uses.
func commonMessages() book {
	return book{
		"time.now":     {"just now", "baru saja"},
		"time.minutes": {"%s minute ago|%s minutes ago", "%s menit lalu"},
		"time.hours":   {"%s hour ago|%s hours ago", "%s jam lalu"},
		"time.days":    {"%s day ago|%s days ago", "%s hari lalu"},

		"nav.label":    {"Main menu", "Menu utama"},
		"nav.menu":     {"Menu", "Menu"},
		"nav.skip":     {"Skip to the content", "Langsung ke isi"},
		"nav.home":     {"Home", "Beranda"},
		"nav.products": {"Products", "Produk"},
		"nav.designs":  {"Designs", "Desain"},
		"nav.assets":   {"Images and fonts", "Gambar dan font"},
		"nav.activity": {"Activity", "Aktivitas"},
		"nav.backups":  {"Backups", "Cadangan"},
		"nav.settings": {"Settings", "Pengaturan"},

		"do.save":    {"Save", "Simpan"},
		"do.cancel":  {"Cancel", "Batal"},
		"do.delete":  {"Delete", "Hapus"},
		"do.undo":    {"Undo", "Urungkan"},
		"do.yes":     {"Yes, do it", "Ya, lanjutkan"},
		"do.close":   {"Close", "Tutup"},
		"do.filter":  {"Show", "Tampilkan"},
		"do.reset":   {"Clear", "Kosongkan"},
		"page.newer": {"Back to the start", "Ke awal"},
		"page.older": {"Next page", "Halaman berikutnya"},
		"tabs.label": {"Views", "Tampilan"},
		"page.label": {"Pages", "Halaman"},

		"meter.of":        {"%s of %s", "%s dari %s"},
		"meter.unlimited": {"%s, no limit", "%s, tanpa batas"},

		"form.errors": {"Please look at the marked fields once more.", "Mohon periksa lagi isian yang ditandai."},

		"error.title.404": {"This page is not there", "Halaman ini tidak ada"},
		"error.text.404":  {"It may have been deleted or renamed, or the address has a typing error.", "Mungkin sudah dihapus atau diganti namanya, atau ada salah ketik di alamatnya."},
		"error.title.403": {"You may not do this", "Kamu tidak punya izin untuk ini"},
		"error.title.412": {"Somebody else was faster", "Orang lain lebih cepat"},
		"error.title.413": {"This is too large", "Ini terlalu besar"},
		"error.title.503": {"Just a moment", "Sebentar"},
		"error.title.400": {"Something is not right yet", "Ada yang belum benar"},
		"error.title.500": {"That did not work", "Itu tidak berhasil"},
		"error.again":     {"Try again", "Coba lagi"},
		"error.home":      {"Go to the start page", "Ke beranda"},
		"error.id":        {"If this stays, tell us this number: %s", "Jika tetap begini, sampaikan nomor ini: %s"},

		"error.code.forbidden":           {"Your role does not allow this. Ask the shop's owner.", "Peranmu tidak mengizinkan ini. Tanyakan pada pemilik toko."},
		"error.code.suspended":           {"This shop is suspended. Please get in touch with support.", "Toko ini sedang dinonaktifkan. Silakan hubungi dukungan."},
		"error.code.limit_reached":       {"A limit of your plan is reached. Delete something, or choose a larger plan.", "Batas paketmu sudah tercapai. Hapus sesuatu, atau pilih paket yang lebih besar."},
		"error.code.changed":             {"It has changed meanwhile. Open it again and make your change once more.", "Isinya sudah berubah. Buka lagi, lalu ulangi perubahanmu."},
		"error.code.restoring":           {"The shop is being taken back to an earlier moment. That takes a few seconds.", "Toko sedang dikembalikan ke waktu sebelumnya. Ini hanya beberapa detik."},
		"error.code.busy":                {"There is a lot going on right now. Please try again in a moment.", "Sedang ramai sekali. Mohon coba lagi sebentar lagi."},
		"error.code.timeout":             {"This took too long. Please try again.", "Ini terlalu lama. Mohon coba lagi."},
		"error.code.storage_full":        {"There is no room left on the server; nothing was changed. We are on it.", "Penyimpanan server penuh; tidak ada yang berubah. Kami sedang menanganinya."},
		"error.code.storage_unreachable": {"The image storage cannot be reached. Please try again in a moment.", "Penyimpanan gambar tidak terjangkau. Mohon coba lagi sebentar lagi."},
		"error.code.not_replicated":      {"It is saved here, but not yet in the backup. Please try again in a moment.", "Sudah tersimpan di sini, tetapi belum di cadangan. Mohon coba lagi sebentar lagi."},
		"error.code.rate_limited":        {"That was a little too fast. Please wait a moment.", "Itu sedikit terlalu cepat. Mohon tunggu sebentar."},
		"error.code.internal":            {"Something went wrong on our side; it has been noted.", "Ada yang salah di pihak kami; sudah kami catat."},
		"error.code.cross_shop":          {"This belongs to another shop.", "Ini milik toko lain."},
	}
}
