package demo

// studio names the themes the print studio works in.
type studio struct{ paper, nila, sogan, arang, laut, riang, kabut theme }

func studioThemes() studio {
	return studio{
		paper: theme{"#ffffff", "#27375f", "#b23a36", "sans-serif"},
		nila:  theme{"#27375f", "#f6efe2", "#f4b63f", "serif"},
		sogan: theme{"#f0e2c8", "#3a2318", "#a0672f", "serif"},
		arang: theme{"#242326", "#f7f5f1", "#e2683c", "sans-serif"},
		laut:  theme{"#2f2c52", "#f7ead0", "#dd7f6a", "sans-serif"},
		riang: theme{"#f3e3b5", "#2f6b5e", "#86bdae", "cursive"},
		kabut: theme{"#8a958c", "#1f2522", "#f2ece2", "sans-serif"},
	}
}

func sanggarTops() []draft {
	t := studioThemes()
	return []draft{
		{kaos, 0, emblem, "Sepeda onthel", true, t.paper, "sepeda-onthel.png", []string{"Nama Klub", "kota dan tahun"}},
		{kaos, 1, jersey, "Nama dan nomor punggung", true, t.paper, "", []string{"NAMA", "10", "nama tim"}},
		{kaos, 0, window, "Panel parang", true, t.nila, "parang.png", []string{"Judul", "baris kedua"}},
		{kaos, 0, emblem, "Onthel Sanur, gowes kemerdekaan", false, t.paper, "sepeda-onthel.png", []string{"Onthel Sanur", "gowes 17 Agustus"}},
		{kaos, 1, jersey, "Futsal RT 05, Gede", false, t.arang, "", []string{"GEDE", "7", "RT 05 Renon"}},
		{kaos, 1, jersey, "Futsal RT 05, Komang", false, t.arang, "", []string{"KOMANG", "10", "RT 05 Renon"}},
		{kaos, 1, jersey, "Futsal RT 05, Yusuf (kiper)", false, t.laut, "", []string{"YUSUF", "1", "RT 05 Renon"}},
		{kaos, 0, window, "Seragam panitia pentas seni", false, t.sogan, "kawung.png", []string{"Panitia", "pentas seni 2026"}},
		{kaos, 0, rising, "Kelas menari Bu Ayu", false, t.nila, "", []string{"Sanggar Ayu", "menari sejak 1998"}},
		{kaos, 0, banded, "Arung jeram Ayung", false, t.laut, "ombak-selatan.png", []string{"Basah Semua", "Ayung, 3 perahu"}},
		{kaos, 0, slanted, "Kaos kucing Mochi", false, t.paper, "kucing-mochi.png", []string{"Babu Mochi", "siap 24 jam"}},
		{kaos, 0, stacked, "Reuni Teknik Sipil 2001", false, t.arang, "", []string{"Sipil 01", "masih", "25 tahun"}},
		{panjang, 0, window, "Panel truntum", true, t.nila, "truntum.png", []string{"Judul", "baris kedua"}},
		{panjang, 0, rising, "Penjaga pantai Jimbaran", false, t.laut, "", []string{"Jaga Pantai", "regu pagi, Jimbaran"}},
		{panjang, 0, emblem, "Kamboja, seragam spa", false, t.nila, "kamboja.png", []string{"Kamboja", "rumah pijat, Ubud"}},
		{panjang, 0, stacked, "Kru panggung Denpasar", false, t.arang, "", []string{"Kru", "tanya saja", "panggung 2"}},
		{panjang, 0, slanted, "Komunitas onthel malam", false, t.sogan, "sepeda-onthel.png", []string{"Gowes Malam", "lampu wajib nyala"}},
		{anak, 0, slanted, "Kucing dan nama anak", true, t.riang, "kucing-mochi.png", []string{"Namaku", "umur berapa?"}},
		{anak, 0, slanted, "Ulang tahun Kirana ke-4", false, t.riang, "kucing-mochi.png", []string{"Kirana", "hari ini 4 tahun"}},
		{anak, 0, monogram, "TK Tunas, kelas Bintang", false, t.riang, "", []string{"Bintang", "TK Tunas Pagi"}},
		{anak, 0, rising, "Kakak baru, Arka", false, t.riang, "", []string{"Kakak Arka", "adiknya baru satu"}},
		{anak, 0, emblem, "Lomba sepeda kecil", false, t.riang, "sepeda-onthel.png", []string{"Roda Tiga", "lomba kampung"}},
		{jaket, 0, stacked, "Tulisan dada", true, t.kabut, "", []string{"Judul", "baris atas", "tahun"}},
		{jaket, 1, emblem, "Gambar punggung", true, t.kabut, "kamboja.png", []string{"Judul", "baris kedua"}},
		{jaket, 1, banded, "Pendaki Batur, subuh", false, t.laut, "ombak-selatan.png", []string{"Batur 04.00", "bawa senter sendiri"}},
		{jaket, 1, window, "Angkatan 31, Kedokteran", false, t.nila, "mega-mendung.png", []string{"Angkatan 31", "kurang tidur"}},
		{jaket, 0, stacked, "Dapur Warung Mak Ijah", false, t.arang, "", []string{"Mak Ijah", "kru dapur", "pedas 5"}},
		{jaket, 1, jersey, "Basket putri, Intan", false, t.kabut, "", []string{"INTAN", "23", "SMA 4 Putri"}},
		{jaket, 1, slanted, "Penampungan kucing Sesetan", false, t.sogan, "kucing-mochi.png", []string{"Adopsi Dong", "rumah singgah Sesetan"}},
	}
}

func sanggarPrints() []draft {
	t := studioThemes()
	return []draft{
		{poster, 0, banded, "Acara dengan ombak", true, t.laut, "ombak-selatan.png", []string{"Judul Acara", "tempat, tanggal, jam"}},
		{poster, 0, window, "Pameran dengan kawung", true, t.sogan, "kawung.png", []string{"Judul Pameran", "tanggal"}},
		{poster, 0, window, "Pameran Garis Lereng", false, t.nila, "parang.png", []string{"Garis Lereng", "pameran batik, 4–18 Mei"}},
		{poster, 0, banded, "Pasar malam Sanur", false, t.laut, "ombak-selatan.png", []string{"Pasar Malam", "Sanur, Sabtu, 17.00"}},
		{poster, 0, emblem, "Kelas merangkai canang", false, t.sogan, "kamboja.png", []string{"Merangkai", "kelas pagi, Rabu"}},
		{poster, 0, window, "Wayang semalam suntuk", false, t.arang, "truntum.png", []string{"Semalam Suntuk", "wayang kulit, balai desa"}},
		{poster, 0, slanted, "Kucing hilang: Mochi", false, t.paper, "kucing-mochi.png", []string{"Cari Mochi", "oranye, gembul, jinak"}},
		{poster, 0, rising, "Senam lansia tiap Jumat", false, t.sogan, "", []string{"Senam Yuk", "Jumat, 06.30, lapangan"}},
		{poster, 0, emblem, "Bengkel onthel Pak Nyoman", false, t.paper, "sepeda-onthel.png", []string{"Bengkel Onthel", "Pak Nyoman, sejak 1974"}},
		{poster, 0, window, "Pernikahan Dewi & Arif", false, t.nila, "mega-mendung.png", []string{"Dewi & Arif", "Cirebon, 21 November"}},
		{syal, 0, window, "Mega mendung, nama di tengah", true, t.nila, "mega-mendung.png", []string{"Nama", "tahun"}},
		{syal, 0, window, "Kawung untuk Ibu", false, t.sogan, "kawung.png", []string{"Ibu", "selamat hari ibu"}},
		{syal, 0, window, "Regu pramuka Melati", false, t.paper, "truntum.png", []string{"Melati", "gugus depan 12"}},
		{syal, 0, monogram, "Suvenir Dewi & Arif", false, t.sogan, "", []string{"Dewi & Arif", "21 November"}},
		{syal, 0, window, "Paduan suara Gita Laut", false, t.laut, "ombak-selatan.png", []string{"Gita Laut", "suara alto"}},
		{syal, 0, banded, "Tur bus Lovina", false, t.nila, "parang.png", []string{"Lovina", "kursi depan"}},
		{syal, 0, emblem, "Penari kamboja, kelas B", false, t.laut, "kamboja.png", []string{"Kelas B", "pentas akhir tahun"}},
	}
}
