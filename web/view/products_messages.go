package view

// productsMessages are the texts of the list of products.
func productsMessages() book {
	return book{
		"products.title":       {"Products", "Produk"},
		"products.lead":        {"Choose what customers may customize, and how.", "Pilih produk yang boleh disesuaikan pelanggan, dan caranya."},
		"products.search":      {"Search products", "Cari produk"},
		"products.all":         {"All products", "Semua produk"},
		"products.ready":       {"Set up", "Sudah disiapkan"},
		"products.active":      {"Switched on", "Aktif"},
		"products.inactive":    {"Switched off", "Nonaktif"},
		"products.product":     {"Product", "Produk"},
		"products.changed":     {"Last changed", "Terakhir diubah"},
		"products.customizing": {"Customizing", "Penyesuaian"},
		"products.never":       {"Not yet", "Belum"},
		"products.not":         {"Not set up", "Belum disiapkan"},
		"products.on":          {"On", "Aktif"},
		"products.off":         {"Off", "Nonaktif"},
		"products.switch":      {"Customizing of %s", "Penyesuaian %s"},
		"products.setup":       {"Edit", "Ubah"},
		"products.begin":       {"Set up", "Siapkan"},
		"products.edit":        {"Edit how %s is customized", "Ubah cara %s disesuaikan"},
		"products.none":        {"No product is called that", "Tidak ada produk dengan nama itu"},
		"products.none.text":   {"Try a shorter word, or look at all of them.", "Coba kata yang lebih pendek, atau lihat semuanya."},
		"products.empty":       {"No products yet", "Belum ada produk"},
		"products.empty.text":  {"As soon as a product is set up, you can switch customizing on and off here.", "Begitu satu produk disiapkan, kamu bisa mengaktifkan dan menonaktifkannya di sini."},
		"products.trouble":     {"Shopify does not answer right now. These are the products that are set up already.", "Shopify sedang tidak menjawab. Ini produk-produk yang sudah disiapkan."},

		"done.product-on":      {"Customers can customize this product now.", "Pelanggan sekarang bisa menyesuaikan produk ini."},
		"done.product-off":     {"Customizing is off for this product.", "Penyesuaian produk ini dimatikan."},
		"done.product-saved":   {"Saved.", "Tersimpan."},
		"done.product-deleted": {"The product is no longer set up.", "Produk ini tidak lagi disiapkan."},
		"done.product-back":    {"The product is back.", "Produk sudah kembali."},
	}
}
