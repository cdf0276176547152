package view

// assetsMessages are the texts whose keys begin with "assets.".
func assetsMessages() book {
	return book{
		"assets.title":   {"Images and fonts", "Gambar dan font"},
		"assets.lead":    {"What customers can put on your products, and what they sent.", "Yang bisa dipakai pelanggan di produkmu, dan yang mereka kirim."},
		"assets.storage": {"Storage", "Penyimpanan"},
		"assets.types":   {"Kinds", "Jenis"},

		"assets.type":             {"Kind", "Jenis"},
		"assets.type.all":         {"All", "Semua"},
		"assets.type.gallery":     {"Gallery", "Galeri"},
		"assets.type.base-images": {"Product photos", "Foto produk"},
		"assets.type.fonts":       {"Fonts", "Font"},
		"assets.type.designs":     {"In designs", "Dalam desain"},

		"assets.upload.title":  {"Drop files here", "Taruh berkas di sini"},
		"assets.upload.hint":   {"PNG, JPEG, WebP, GIF and SVG images, or fonts (WOFF2, WOFF, TTF, OTF), up to 20 MB each.", "Gambar PNG, JPEG, WebP, GIF, dan SVG, atau font (WOFF2, WOFF, TTF, OTF), masing-masing sampai 20 MB."},
		"assets.upload.type":   {"Use as", "Dipakai sebagai"},
		"assets.upload.file":   {"File", "Berkas"},
		"assets.upload.choose": {"Choose files", "Pilih berkas"},
		"assets.upload.do":     {"Upload", "Unggah"},
		"assets.upload.done":   {"Done", "Selesai"},
		"assets.upload.failed": {"That did not arrive. Please try again.", "Tidak sampai. Silakan coba lagi."},
		"assets.error.large":   {"This file is too large: %s at most.", "Berkas ini terlalu besar: paling banyak %s."},
		"assets.error.empty":   {"Choose a file that is not empty.", "Pilih berkas yang tidak kosong."},
		"assets.error.kind":    {"This file is no image or font that fits the chosen kind.", "Berkas ini bukan gambar atau font yang sesuai dengan jenis yang dipilih."},

		"assets.none.text":   {"Try a shorter word, or another kind.", "Coba kata yang lebih pendek, atau jenis lain."},
		"assets.clear":       {"Show everything", "Tampilkan semua"},
		"assets.empty.title": {"Nothing here yet", "Belum ada apa-apa"},
		"assets.empty.text":  {"Upload the pictures and fonts that customers may use, and the photos of your products.", "Unggah gambar dan font yang boleh dipakai pelanggan, serta foto produkmu."},

		"assets.format":          {"Format", "Format"},
		"assets.bytes":           {"Size", "Ukuran"},
		"assets.pixels":          {"Pixels", "Piksel"},
		"assets.owner":           {"From", "Dari"},
		"assets.created":         {"Uploaded", "Diunggah"},
		"assets.download":        {"Download", "Unduh"},
		"assets.delete.why":      {"Designs that use it would show a gap. A deleted file can be brought back.", "Desain yang memakainya akan kosong di situ. Berkas yang dihapus bisa dikembalikan."},
		"assets.users":           {"Used by", "Dipakai di"},
		"assets.users.look":      {"See what uses it", "Lihat yang memakainya"},
		"assets.users.none":      {"Nothing uses it.", "Tidak ada yang memakainya."},
		"assets.users.none.some": {"Neither a product nor any of the %s designs that were changed last uses it.", "Tidak ada produk maupun dari %s desain yang terakhir diubah yang memakainya."},
		"assets.users.more":      {"There may be more: of the designs, the %s that were changed last were looked at.", "Mungkin ada lagi: yang diperiksa adalah %s desain yang terakhir diubah."},

		"done.asset-uploaded":  {"Uploaded.", "Terunggah."},
		"done.asset-deleted":   {"The file is deleted.", "Berkas dihapus."},
		"done.assets-deleted":  {"The files are deleted.", "Berkas-berkas dihapus."},
		"done.assets-restored": {"All is back.", "Semua sudah kembali."},
		"done.assets-gone":     {"Not all of it could be brought back: it was deleted too long ago, or there is no room for it.", "Tidak semua bisa dikembalikan: sudah terlalu lama dihapus, atau tidak ada tempat lagi."},
		"done.assets-none":     {"Nothing was chosen.", "Tidak ada yang dipilih."},
	}
}
