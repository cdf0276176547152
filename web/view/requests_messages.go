package view

// requestsMessages are the texts of customers' requests for their data.
func requestsMessages() book {
	return book{
		"settings.requests":  {"Customers' requests", "Permintaan pelanggan"},
		"requests.text":      {"These customers asked through Shopify what your shop keeps about them. Download the file and send it to them; the law gives you thirty days.", "Pelanggan ini bertanya lewat Shopify, data apa yang disimpan tokomu tentang mereka. Unduh berkasnya dan kirimkan; menurut aturan, waktumu tiga puluh hari."},
		"requests.none":      {"No requests", "Belum ada permintaan"},
		"requests.none.text": {"When a customer asks through Shopify what is kept about them, you find the file to send here.", "Kalau pelanggan bertanya lewat Shopify data apa yang disimpan tentang mereka, berkas untuk dikirim ada di sini."},
		"requests.customer":  {"Customer", "Pelanggan"},
		"requests.number":    {"Shopify's customer %s", "Pelanggan Shopify %s"},
		"requests.unknown":   {"A customer without an account", "Pelanggan tanpa akun"},
		"requests.asked":     {"Asked", "Bertanya"},
		"requests.fetched":   {"File fetched", "Berkas diunduh"},
		"requests.waiting":   {"Not yet", "Belum"},
		"requests.file":      {"File", "Berkas"},
		"requests.download":  {"Download", "Unduh"},
	}
}
