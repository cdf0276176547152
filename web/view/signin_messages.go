package view

// signinMessages are the texts whose keys begin with "signin.".
func signinMessages() book {
	return book{
		"signin.title":          {"Sign in", "Masuk"},
		"signin.lead":           {"For those who look after this Lapak.", "Untuk pengelola Lapak ini."},
		"signin.nobody":         {"Nobody has an account yet. The server printed a link when it started; this command prints a new one:", "Belum ada yang punya akun. Server menampilkan tautan saat dijalankan; perintah ini menampilkan yang baru:"},
		"signin.merchants":      {"You run a shop? Open the app in Shopify, or use the link that you were given.", "Kamu pemilik toko? Buka aplikasinya di Shopify, atau pakai tautan yang diberikan kepadamu."},
		"signin.name":           {"Name", "Nama"},
		"signin.name.hint":      {"What you sign in with, such as your first name.", "Untuk masuk nanti, misalnya nama depanmu."},
		"signin.name.bad":       {"Please enter a name of at most 60 characters.", "Isi nama, paling banyak 60 huruf."},
		"signin.name.taken":     {"Somebody else has this name already.", "Nama ini sudah dipakai."},
		"signin.password":       {"Password", "Kata sandi"},
		"signin.password.new":   {"New password", "Kata sandi baru"},
		"signin.password.hint":  {"At least %s characters. A few words in a row are easy to remember.", "Paling sedikit %s huruf. Beberapa kata berurutan mudah diingat."},
		"signin.password.short": {"Please take at least %s characters.", "Pakai paling sedikit %s huruf."},
		"signin.password.long":  {"This is too long for a password.", "Ini terlalu panjang untuk kata sandi."},
		"signin.password.easy":  {"This would be guessed quickly. Please take another one.", "Ini mudah ditebak. Pilih yang lain."},
		"signin.do":             {"Sign in", "Masuk"},
		"signin.out":            {"Sign out", "Keluar"},
		"signin.as":             {"Signed in as %s", "Masuk sebagai %s"},
		"signin.or":             {"or", "atau"},
		"signin.wrong":          {"The name or the password is wrong.", "Nama atau kata sandinya salah."},
		"signin.wait":           {"Too many tries. Please wait %s second.|Too many tries. Please wait %s seconds.", "Terlalu banyak percobaan. Tunggu %s detik."},

		"signin.passkey.do":     {"Sign in with a passkey", "Masuk dengan kunci sandi"},
		"signin.passkey.failed": {"That did not work with the passkey. Try again, or use your password.", "Kunci sandi tidak berhasil. Coba lagi, atau pakai kata sandimu."},

		"signin.link.new":       {"Welcome to Lapak", "Selamat datang di Lapak"},
		"signin.link.new.lead":  {"Choose what you will sign in with. You then look after all shops.", "Pilih nama dan kata sandi untuk masuk. Setelah itu kamu mengelola semua toko."},
		"signin.link.create":    {"Create my account", "Buat akunku"},
		"signin.link.operator":  {"This link signs you in as %s.", "Tautan ini memasukkanmu sebagai %s."},
		"signin.link.shop":      {"This link lets you look after the shop %s.", "Tautan ini membuka pengelolaan toko %s."},
		"signin.link.password":  {"Choose a new password, too", "Ganti kata sandi sekalian"},
		"signin.link.once":      {"The link works once. Nobody else can use it after you.", "Tautan ini hanya berlaku sekali. Setelah itu tidak bisa dipakai orang lain."},
		"signin.link.dead":      {"This link is no longer good", "Tautan ini sudah tidak berlaku"},
		"signin.link.dead.text": {"It was used already, or it is too old. Ask for a new one.", "Mungkin sudah dipakai, atau sudah terlalu lama. Minta yang baru."},

		"signin.visiting":      {"You are looking at %s as its operator. What you change is noted there.", "Kamu melihat %s sebagai pengelola. Perubahanmu dicatat di sana."},
		"signin.visiting.back": {"Back to the console", "Kembali ke konsol"},
	}
}
