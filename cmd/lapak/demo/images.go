package demo

func kopiImages() []Image {
	cream, terracotta, espresso := hex(0xf6efe3), hex(0xc8643c), hex(0x3b2620)
	sand, sage := hex(0xeadfce), hex(0xdfe3d6)
	return []Image{
		baseImage("mug-depan.png", func() []byte { return mug(cream, cream, sand, true) }),
		baseImage("mug-belakang.png", func() []byte { return mug(cream, cream, sand, false) }),
		baseImage("mug-enamel.png", func() []byte { return enamelMug(hex(0xf3f4f0), hex(0x26364a), hex(0xd9e0e2)) }),
		baseImage("tumbler.png", func() []byte { return tumbler(hex(0xdcd8d0), hex(0xe3ddd0)) }),
		baseImage("tote-kanvas.png", func() []byte { return tote(hex(0xece0c8), hex(0xe9d5c6)) }),
		baseImage("kemasan-200g.png", func() []byte { return coffeeBag(hex(0xc9a679), espresso, hex(0xefe4d3)) }),
		baseImage("kartu-hampers.png", func() []byte { return greetingCard(hex(0xf8f1e4), terracotta, hex(0xe7d6c4)) }),
		pattern("biji-kopi.png", func() []byte {
			return coffeeBeans(hex(0xf3e6d2), hex(0x6b4029), hex(0x865233), hex(0x4c2c1f))
		}),
		pattern("daun-kopi.png", func() []byte { return leaves(sage, hex(0x6f8a68), hex(0x4f7059), hex(0x8fa37b)) }),
		pattern("ombak.png", func() []byte {
			return waves(hex(0xf4d9b8), hex(0x9fc3c0), hex(0x6ea5a8), hex(0x44818c), hex(0x2a6072), hex(0x1c4257))
		}),
		{"gallery", "senja.png", "image/png", photoSide, func() []byte {
			return sunset(hex(0x5b3a5e), hex(0xf2a365), hex(0xf5c163), hex(0x3c2a45))
		}},
		artwork("gallery", "cangkir.png", func() []byte { return cup(terracotta) }),
		artwork("gallery", "ranting-kopi.png", func() []byte { return branch(hex(0x5d7d5a), hex(0xc23b31)) }),
		artwork("designs", "lencana-gunung.png", func() []byte {
			return mountain(hex(0xf0c98f), hex(0xe2683c), espresso, hex(0xfdf6ea))
		}),
	}
}

func sanggarImages() []Image {
	white, indigo, soga := hex(0xf7f5f1), hex(0x27375f), hex(0x7a4a2b)
	wall, cool := hex(0xdcd6cf), hex(0xd5dadd)
	tees := func(cloth, trim ink, front, long bool, size float64) func() []byte {
		return func() []byte { return tee(garment{cloth, wall, front, long, size}, trim) }
	}
	return []Image{
		baseImage("kaos-depan.png", tees(white, white, true, false, 1)),
		baseImage("kaos-belakang.png", tees(white, white, false, false, 1)),
		baseImage("kaos-panjang.png", tees(hex(0x2f3b4f), hex(0x2f3b4f), true, true, 1)),
		baseImage("kaos-anak.png", tees(hex(0xf3e3b5), hex(0xc9583e), true, false, .84)),
		baseImage("hoodie-depan.png", func() []byte { return hoodie(hex(0x8a958c), cool, true) }),
		baseImage("hoodie-belakang.png", func() []byte { return hoodie(hex(0x8a958c), cool, false) }),
		baseImage("poster-a3.png", func() []byte { return posterFrame(hex(0x2d2a28), hex(0xdfe0d8)) }),
		baseImage("syal.png", func() []byte { return scarf(hex(0xf4efe6), indigo, hex(0xd8cfc6)) }),
		pattern("kawung.png", func() []byte { return kawung(hex(0x3a2318), hex(0xe9cfa0), soga) }),
		pattern("parang.png", func() []byte { return parang(hex(0xf0e2c8), indigo, hex(0xa0672f)) }),
		pattern("mega-mendung.png", func() []byte { return megaMendung(hex(0xb23a36), hex(0xf6efe2), hex(0x1f3c78)) }),
		pattern("truntum.png", func() []byte { return truntum(hex(0x1f2a44), hex(0xf3d9a0), hex(0x8fa6c9)) }),
		pattern("ombak-selatan.png", func() []byte {
			return waves(hex(0xf7ead0), hex(0xf0b59a), hex(0xdd7f6a), hex(0x9d5468), hex(0x5b3f66), hex(0x2f2c52))
		}),
		artwork("gallery", "kamboja.png", func() []byte { return frangipani(hex(0xfffaf0), hex(0xf4b63f)) }),
		artwork("designs", "kucing-mochi.png", func() []byte { return cat(hex(0xd9853f)) }),
		artwork("designs", "sepeda-onthel.png", func() []byte { return bicycle(hex(0x2f6b5e), hex(0x2b2a2c)) }),
	}
}
