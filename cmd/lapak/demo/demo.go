package demo

// Shop is one demo shop: its settings and everything it owns.
type Shop struct {
	Name         string // the shop's whole Shopify domain, lower-case
	Title        string // what its owner calls it
	Plan         string // "free" or "pro"
	Timezone     string // an IANA zone
	Currency     string // ISO 4217
	PrimaryColor string // #rrggbb
	Configs      []Config
	Images       []Image
	Designs      []Design
}

// Config is the merchant config of one customizable product.
type Config struct {
	ProductID string // Shopify's numeric product id
	Title     string
	Enabled   bool
	JSON      []byte // the merchant config format of the package comment
}

// Image is one asset; its name is unique within its shop.
type Image struct {
	Type        string // gallery, base-images or designs
	Name        string
	ContentType string
	Side        int           // width and height in pixels
	Bytes       func() []byte // draws and encodes the picture; every call does the work again, with the same result
}

// Design is one saved design, or a template that buyers start from.
type Design struct {
	ProductID  string
	Name       string
	IsTemplate bool
	JSON       []byte // the design format of the package comment
}

// Shops returns the demo shops, the same on every call. It encodes their JSON, and draws nothing:
// the images are drawn when their Bytes is called.
func Shops() []Shop {
	return []Shop{kopiSenja(), sanggarLereng()}
}

func baseImage(name string, draw func() []byte) Image {
	return Image{"base-images", name, "image/png", photoSide, draw}
}

func pattern(name string, draw func() []byte) Image {
	return Image{"gallery", name, "image/png", patternSide, draw}
}

func artwork(kind, name string, draw func() []byte) Image {
	return Image{kind, name, "image/png", artSide, draw}
}
