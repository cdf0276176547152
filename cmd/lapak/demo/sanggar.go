package demo

// sanggarLereng is a batik and t-shirt print studio, close to its free plan's limit of 50 designs.
func sanggarLereng() Shop {
	s := Shop{
		Name: "sanggar-lereng.myshopify.com", Title: "Sanggar Lereng", Plan: "free",
		Timezone: "Asia/Makassar", Currency: "IDR", PrimaryColor: "#27375f", Images: sanggarImages(),
	}
	products := sanggarProducts()
	for _, p := range products {
		s.Configs = append(s.Configs, p.config(s, []string{"#27375f", "#7a4a2b", "#b23a36", "#f4b63f", "#2b2a2c", "#ffffff"}))
	}
	for _, d := range append(sanggarTops(), sanggarPrints()...) {
		s.Designs = append(s.Designs, d.design(products))
	}
	return s
}

// Indexes of sanggarProducts.
const (
	kaos = iota
	panjang
	anak
	jaket
	poster
	syal
)

func sanggarProducts() []product {
	back := addOn{"back", "Cetak punggung", 30000}
	art := addOn{"upload", "Gambar sendiri", 20000}
	name := addOn{"text", "Nama dan nomor", 15000}
	return []product{
		{id: "7734019261603", title: "Kaos Katun 24s", maxText: 30, minDPI: 150,
			views: []view{
				{"front", "Depan", "kaos-depan.png", box{270, 236, 180, 240}, 280},
				{"back", "Belakang", "kaos-belakang.png", box{262, 190, 196, 300}, 300},
			},
			colors: []swatch{{"Putih", "#f7f5f1"}, {"Hitam", "#242326"}, {"Nila", "#27375f"}, {"Soga", "#7a4a2b"}, {"Kunyit", "#e0a830"}},
			addOns: []addOn{name, art, back, {"size", "Ukuran XXL ke atas", 15000}}},
		{id: "7734019294371", title: "Kaos Lengan Panjang", maxText: 30, minDPI: 150,
			views:  []view{{"front", "Depan", "kaos-panjang.png", box{275, 240, 170, 220}, 270}},
			colors: []swatch{{"Biru malam", "#2f3b4f"}, {"Putih", "#f7f5f1"}},
			addOns: []addOn{name, art}},
		{id: "7734019327139", title: "Kaos Anak", maxText: 20, minDPI: 150,
			views:  []view{{"front", "Depan", "kaos-anak.png", box{290, 260, 140, 170}, 200}},
			colors: []swatch{{"Kuning gading", "#f3e3b5"}, {"Biru langit", "#bcd7e6"}},
			addOns: []addOn{name, art}},
		{id: "7734033809571", title: "Hoodie Fleece", maxText: 30, minDPI: 150,
			views: []view{
				{"front", "Depan", "hoodie-depan.png", box{275, 330, 170, 140}, 260},
				{"back", "Belakang", "hoodie-belakang.png", box{262, 240, 196, 270}, 300},
			},
			colors: []swatch{{"Abu lumut", "#8a958c"}, {"Hitam", "#242326"}, {"Marun", "#6d2430"}},
			addOns: []addOn{name, art, back, {"embroidery", "Bordir dada", 45000}}},
		{id: "7734040625315", title: "Poster A3", maxText: 60, minDPI: 200,
			views:  []view{{"front", "Depan", "poster-a3.png", box{218, 97, 296, 418}, 297}},
			colors: []swatch{{"Bingkai hitam", "#2d2a28"}, {"Bingkai jati", "#a9713f"}},
			addOns: []addOn{{"frame", "Bingkai kayu", 85000}, art}},
		{id: "7734047572131", title: "Syal Katun 60 cm", off: true, maxText: 16, minDPI: 200,
			views:  []view{{"front", "Depan", "syal.png", box{125, 125, 370, 370}, 500}},
			colors: []swatch{{"Gading, tepi nila", "#f4efe6"}},
			addOns: []addOn{{"hem", "Jahit tepi tangan", 25000}}},
	}
}
