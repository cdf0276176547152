package view

// homeMessages are the texts of the start page.
func homeMessages() book {
	return book{
		"home.title":      {"Good to see you", "Senang melihatmu"},
		"home.plan":       {"Plan %s", "Paket %s"},
		"home.plan.see":   {"See what other plans give", "Lihat apa yang diberikan paket lain"},
		"home.chart":      {"This month and before", "Bulan ini dan sebelumnya"},
		"home.orders":     {"Orders", "Pesanan"},
		"home.uploads":    {"Uploads", "Unggahan"},
		"home.chart.same": {"%s order so far, as many as in all of last month.|%s orders so far, as many as in all of last month.", "%s pesanan sejauh ini, sama dengan sepanjang bulan lalu."},
		"home.chart.more": {"%s order so far, %s more than in all of last month.|%s orders so far, %s more than in all of last month.", "%s pesanan sejauh ini, %s lebih banyak daripada sepanjang bulan lalu."},
		"home.chart.less": {"%s order so far; last month had %s in all.|%s orders so far; last month had %s in all.", "%s pesanan sejauh ini; bulan lalu seluruhnya %s."},

		"home.chart.empty":  {"No orders and no uploads yet. From the first one on they are counted here, month by month.", "Belum ada pesanan dan unggahan. Sejak yang pertama, semuanya dihitung di sini, bulan demi bulan."},
		"home.chart.month":  {"Month", "Bulan"},
		"home.usage.title":  {"What you use", "Yang kamu pakai"},
		"home.use.products": {"Products", "Produk"},
		"home.use.designs":  {"Designs", "Desain"},
		"home.use.assets":   {"Images and fonts", "Gambar dan font"},
		"home.use.storage":  {"Storage", "Penyimpanan"},
		"home.warn.near":    {"%s: %s of your plan's %s are used.", "%s: %s dari %s di paketmu sudah terpakai."},
		"home.warn.full":    {"%s: all %s of your plan are used. Nothing new can be added until you delete something or choose a larger plan.", "%s: seluruh %s di paketmu sudah terpakai. Tidak ada yang bisa ditambah sampai kamu menghapus sesuatu atau memilih paket yang lebih besar."},

		"home.recent.title": {"What happened last", "Yang terakhir terjadi"},
		"home.recent.all":   {"All activity", "Semua aktivitas"},
		"home.recent.none":  {"Nothing yet. What you and your customers do will stand here.", "Belum ada. Apa yang kamu dan pelangganmu lakukan akan tampil di sini."},

		"home.backup.good":     {"Everything is saved", "Semua tersimpan"},
		"home.backup.new":      {"Your first backup is being made", "Cadangan pertamamu sedang dibuat"},
		"home.backup.failing":  {"The backup is behind", "Cadangan tertinggal"},
		"home.backup.broken":   {"The last check of the backup failed", "Pemeriksaan cadangan terakhir gagal"},
		"home.backup.change":   {"The last change was %s.", "Perubahan terakhir %s."},
		"home.backup.proven":   {"Your backup was proven %s: it was restored and found equal.", "Cadanganmu terbukti %s: dipulihkan dan ternyata sama."},
		"home.backup.unproven": {"It will be proven by itself soon: restored, and compared with your shop.", "Sebentar lagi akan dibuktikan sendiri: dipulihkan, lalu dibandingkan dengan tokomu."},
		"home.backup.retry":    {"Your changes are safe on the server, but not yet in the backup. It is tried again all the time, and we know about it.", "Perubahanmu aman di server, tetapi belum masuk cadangan. Kami terus mencobanya lagi dan sudah mengetahuinya."},
		"home.backup.looking":  {"We have been told and are looking into it.", "Kami sudah diberi tahu dan sedang memeriksanya."},
		"home.backup.see":      {"Go back to an earlier moment", "Kembali ke waktu sebelumnya"},

		"home.guide.title":         {"Let's set up your shop", "Ayo siapkan tokomu"},
		"home.guide.text":          {"Four short steps. This box goes away when you have done them.", "Empat langkah singkat. Kotak ini hilang setelah semuanya selesai."},
		"home.guide.done":          {"(done)", "(selesai)"},
		"home.guide.image":         {"Upload an image", "Unggah gambar"},
		"home.guide.image.text":    {"Photos of your products, and pictures customers may use.", "Foto produkmu, dan gambar yang boleh dipakai pelanggan."},
		"home.guide.image.do":      {"Upload", "Unggah"},
		"home.guide.product":       {"Make a product customizable", "Buat satu produk bisa disesuaikan"},
		"home.guide.product.text":  {"Say where it is printed on, and what customers may add.", "Tentukan bagian yang dicetak, dan apa yang boleh ditambahkan pelanggan."},
		"home.guide.product.do":    {"Choose a product", "Pilih produk"},
		"home.guide.design":        {"Save a design", "Simpan satu desain"},
		"home.guide.design.text":   {"As a template that customers begin with, or just to try it out.", "Sebagai contoh awal bagi pelanggan, atau sekadar mencoba."},
		"home.guide.design.do":     {"Go to designs", "Buka desain"},
		"home.guide.branding":      {"Add your logo and colour", "Tambahkan logo dan warnamu"},
		"home.guide.branding.text": {"So that customers feel at home.", "Supaya pelanggan merasa di tokomu sendiri."},
		"home.guide.branding.do":   {"Set branding", "Atur tampilan"},
	}
}
