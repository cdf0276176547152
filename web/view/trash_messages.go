package view

// trashMessages are the texts whose keys begin with "trash.".
func trashMessages() book {
	return book{
		"trash.title":       {"Recently deleted", "Baru dihapus"},
		"trash.lead":        {"What was deleted in the last 30 days can be brought back, just as it was.", "Yang dihapus dalam 30 hari terakhir bisa dikembalikan, persis seperti semula."},
		"trash.name":        {"Name", "Nama"},
		"trash.kind":        {"Kind", "Jenis"},
		"trash.kind.design": {"Design", "Desain"},
		"trash.kind.asset":  {"Image or font", "Gambar atau font"},
		"trash.kind.config": {"Product set-up", "Pengaturan produk"},
		"trash.deleted":     {"Deleted", "Dihapus"},
		"trash.back":        {"Bring back", "Kembalikan"},
		"trash.back.of":     {"Bring %s back", "Kembalikan %s"},
		"trash.acts":        {"What you can do", "Yang bisa dilakukan"},
		"trash.empty.title": {"Nothing was deleted", "Tidak ada yang dihapus"},
		"trash.empty.text":  {"Whatever you delete waits here for 30 days, in case you change your mind.", "Yang kamu hapus menunggu di sini selama 30 hari, kalau kamu berubah pikiran."},

		"done.trash-back":  {"It is back.", "Sudah kembali."},
		"done.trash-gone":  {"It is back already, or was deleted too long ago.", "Itu sudah kembali, atau sudah terlalu lama dihapus."},
		"done.trash-full":  {"There is no room for it in your plan. Delete something first.", "Tidak ada tempat lagi di paketmu. Hapus sesuatu dulu."},
		"done.trash-taken": {"The product has been set up anew since then. Remove that set-up first.", "Produk itu sudah disiapkan lagi sejak itu. Hapus dulu pengaturan yang baru."},
	}
}
