package demo

// kopiSenja is a coffee roaster that prints names on mugs, bags and cards.
func kopiSenja() Shop {
	s := Shop{
		Name: "kopi-senja.myshopify.com", Title: "Kopi Senja", Plan: "pro",
		Timezone: "Asia/Jakarta", Currency: "IDR", PrimaryColor: "#b8552f", Images: kopiImages(),
	}
	products := kopiProducts()
	for _, p := range products {
		s.Configs = append(s.Configs, p.config(s, []string{"#3b2620", "#c8643c", "#f6efe3", "#2a6072", "#4f7059"}))
	}
	for _, d := range kopiDrafts() {
		s.Designs = append(s.Designs, d.design(products))
	}
	return s
}

func kopiProducts() []product {
	name := addOn{"text", "Cetak nama", 10000}
	art := addOn{"upload", "Gambar sendiri", 25000}
	gallery := addOn{"gallery", "Motif galeri", 15000}
	return []product{
		{id: "8120374418721", title: "Mug Keramik 330 ml", maxText: 24, minDPI: 150,
			views: []view{
				{"front", "Depan", "mug-depan.png", box{235, 250, 200, 220}, 80},
				{"back", "Belakang", "mug-belakang.png", box{285, 250, 200, 220}, 80},
			},
			colors: []swatch{{"Krem", "#f6efe3"}, {"Putih", "#ffffff"}, {"Terakota", "#c8643c"}, {"Arang", "#34302e"}},
			addOns: []addOn{name, art, gallery, {"back", "Cetak sisi belakang", 15000}}},
		{id: "8120374451489", title: "Mug Enamel Kemah", maxText: 18, minDPI: 150,
			views:  []view{{"front", "Depan", "mug-enamel.png", box{228, 265, 200, 220}, 78}},
			colors: []swatch{{"Putih bibir biru", "#f3f4f0"}, {"Hijau lumut", "#6f7f5c"}},
			addOns: []addOn{name, art}},
		{id: "8120374517025", title: "Tumbler Bambu 450 ml", maxText: 16, minDPI: 200,
			views:  []view{{"front", "Depan", "tumbler.png", box{300, 240, 120, 300}, 50}},
			colors: []swatch{{"Baja", "#dcd8d0"}, {"Hitam doff", "#2c2a29"}},
			addOns: []addOn{{"engrave", "Grafir laser", 35000}}},
		{id: "8120391032097", title: "Tote Bag Kanvas", maxText: 40, minDPI: 120,
			views:  []view{{"front", "Depan", "tote-kanvas.png", box{260, 350, 200, 240}, 250}},
			colors: []swatch{{"Natural", "#ece0c8"}, {"Hitam", "#26221f"}},
			addOns: []addOn{name, art, gallery}},
		{id: "8120402698529", title: "Kopi Label Sendiri 200 g", maxText: 32, minDPI: 200,
			views:  []view{{"front", "Depan", "kemasan-200g.png", box{250, 250, 220, 300}, 110}},
			colors: []swatch{{"Kraft", "#c9a679"}, {"Putih", "#f5f1ea"}, {"Hitam", "#2b2523"}},
			addOns: []addOn{{"label", "Desain label", 5000}, art, {"min", "Pesanan di bawah 12 kemasan", 20000}}},
		{id: "8120410366241", title: "Kartu Ucapan Hampers", off: true, maxText: 60, minDPI: 300,
			views:  []view{{"front", "Sampul", "kartu-hampers.png", box{214, 116, 312, 452}, 100}},
			colors: []swatch{{"Gading", "#f8f1e4"}},
			addOns: []addOn{{"text", "Tulis pesan", 3000}, {"envelope", "Amplop terakota", 4000}}},
	}
}

func kopiDrafts() []draft {
	dusk := theme{"#f6efe3", "#3b2620", "#c8643c", "serif"}
	night := theme{"#3b2620", "#f6efe3", "#e9a86a", "serif"}
	lagoon := theme{"#eef3f0", "#1c4257", "#44818c", "sans-serif"}
	garden := theme{"#eef0e4", "#2f4636", "#6f8a68", "serif"}
	plain := theme{"#ffffff", "#2c2a29", "#c8643c", "monospace"}
	honey := theme{"#f0cf8e", "#3b2620", "#7c3a1e", "sans-serif"}
	const mug, enamel, tumbler, tote, bag, card = 0, 1, 2, 3, 4, 5
	return []draft{
		{mug, 0, monogram, "Inisial dan nama", true, dusk, "", []string{"Namamu", "sejak pagi pertama"}},
		{mug, 0, emblem, "Cangkir dan ucapan", true, dusk, "cangkir.png", []string{"Selamat Pagi", "dari kami di dapur"}},
		{mug, 0, window, "Motif biji kopi", true, dusk, "biji-kopi.png", []string{"Namamu", "ngopi dulu"}},
		{mug, 0, monogram, "Bu Ratih, ulang tahun ke-50", false, garden, "", []string{"Ratih", "50 tahun penuh cerita"}},
		{mug, 0, stacked, "Kado pensiun Pak Hadi", false, night, "", []string{"Pak Hadi", "terima kasih", "1991 – 2026"}},
		{mug, 1, rising, "Pak Hadi, sisi belakang", false, night, "", []string{"Waktunya Santai", "dari tim gudang Cakung"}},
		{mug, 0, emblem, "Souvenir nikah Laras & Bayu", false, garden, "ranting-kopi.png", []string{"Laras & Bayu", "Salatiga, 12 September"}},
		{mug, 0, banded, "Pesanan 1042, kantor notaris", false, lagoon, "ombak.png", []string{"Senin Tenang", "kopi dulu, akta kemudian"}},
		{enamel, 0, emblem, "Lencana gunung", true, theme{"#f3f4f0", "#26364a", "#c8643c", "sans-serif"}, "lencana-gunung.png", []string{"Nama Tim", "kemah tahunan"}},
		{enamel, 0, emblem, "Kemah SMA angkatan 2006", false, theme{"#f3f4f0", "#26364a", "#c8643c", "sans-serif"}, "lencana-gunung.png", []string{"Angkatan 2006", "Ranca Upas"}},
		{enamel, 0, rising, "Pendaki Minggu Pagi", false, lagoon, "", []string{"Minggu Pagi", "3.142 mdpl, 4 termos"}},
		{enamel, 0, stacked, "Trip Dieng, pesanan 1057", false, dusk, "", []string{"Dieng", "dingin di", "6° C"}},
		{tumbler, 0, monogram, "Grafir inisial", true, plain, "", []string{"Namamu", "isi ulang"}},
		{tumbler, 0, monogram, "Tumbler Nadia, wisuda", false, plain, "", []string{"Nadia", "S.Farm., akhirnya"}},
		{tumbler, 0, stacked, "Tim desain lantai 3", false, plain, "", []string{"Lantai 3", "milik", "jangan ambil"}},
		{tumbler, 0, emblem, "Pesanan 1063, klinik gigi", false, garden, "ranting-kopi.png", []string{"Klinik Melati", "minum air ya"}},
		{tote, 0, window, "Motif daun kopi", true, garden, "daun-kopi.png", []string{"Nama Toko", "belanja lagi"}},
		{tote, 0, banded, "Pasar Minggu Pagi", false, dusk, "senja.png", []string{"Pasar Minggu", "tiap minggu ke-2, 06.00"}},
		{tote, 0, emblem, "Tote klub buku", false, honey, "cangkir.png", []string{"Satu Bab Lagi", "klub buku Kemang Utara"}},
		{tote, 0, rising, "Reuni keluarga Wiryawan", false, dusk, "", []string{"Wiryawan", "reuni ke-7, Kaliurang"}},
		{tote, 0, window, "Pesanan 1071, toko bunga", false, garden, "daun-kopi.png", []string{"Kebun Rini", "bunga potong segar"}},
		{bag, 0, label, "Label asal tunggal", true, dusk, "biji-kopi.png", []string{"Nama Kopi", "asal · proses", "catatan rasa", "200", "disangrai: tanggal"}},
		{bag, 0, label, "Gayo Honey, panen Mei", false, garden, "daun-kopi.png", []string{"Gayo Honey", "Aceh Tengah · 1.450 mdpl", "nangka, gula aren, jeruk", "01", "disangrai 3 Juli"}},
		{bag, 0, label, "Toraja Cuci Penuh", false, dusk, "biji-kopi.png", []string{"Toraja Sapan", "Sulawesi · cuci penuh", "cokelat, cengkih, rempah", "02", "disangrai 5 Juli"}},
		{bag, 0, label, "Kintamani Natural", false, lagoon, "ombak.png", []string{"Kintamani", "Bali · natural", "jeruk bali, madu, teh", "03", "disangrai 8 Juli"}},
		{bag, 0, label, "Seduh Senja, racikan rumah", false, night, "senja.png", []string{"Seduh Senja", "racikan rumah · sedang", "karamel, kacang, kismis", "04", "untuk kopi susu"}},
		{bag, 0, label, "Bingkisan nikah Sekar & Adit", false, garden, "daun-kopi.png", []string{"Sekar & Adit", "terima kasih sudah datang", "diseduh berdua tiap pagi", "25", "Yogyakarta, Oktober"}},
		{card, 0, banded, "Terima kasih, senja", true, dusk, "senja.png", []string{"Terima Kasih", "tulis pesanmu di sini"}},
		{card, 0, emblem, "Selamat panen", false, garden, "ranting-kopi.png", []string{"Selamat Panen", "untuk Pak Made sekeluarga"}},
		{card, 0, banded, "Hampers akhir tahun, kantor pajak", false, lagoon, "ombak.png", []string{"Tahun Baru", "semoga lancar dan waras"}},
	}
}
