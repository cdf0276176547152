// Package demo holds what `lapak serve --demo` fills two shops with: a coffee roaster and a
// batik print studio, their merchant configs, pictures and saved designs. It is pure data and
// drawing: no database, no HTTP, no files. Everything is the same on every call.
//
// # Design format
//
// A design is one JSON object: what a customer placed on one view of a product.
//
//	{"version": 1, "view": "front",
//	 "canvas": {"width": 1000, "height": 944, "background": "#f6efe3"},
//	 "layers": [
//	  {"type": "text", "x": 100, "y": 640, "width": 800, "height": 120,
//	   "text": "Senja", "font": "serif", "size": 96, "fill": "#3b2620"}]}
//
// view is the id of a view in the product's merchant config. Layers are drawn in order, the
// first at the back. Positions and lengths are canvas pixels, the origin is the top left corner;
// whatever reaches past the canvas is cut off. Every layer has:
//
//	type           text, image, rect, ellipse or path
//	x y            top left corner of the layer's box
//	width height   size of the box
//	rotation       degrees clockwise about the box's middle; absent means 0
//	opacity        0 to 1; absent means 1
//	fill           #rrggbb; absent means none (for text: black)
//	stroke         #rrggbb outline; absent means none
//	strokeWidth    width of the outline
//
// and by its type:
//
//	text     text, one line; size (font size); font (a CSS generic family, or "asset:NAME" of a
//	         font); weight (absent means 400); align (left, center, right; absent means center);
//	         spacing (extra pixels between letters). It sits in the vertical middle of its box.
//	image    src ("asset:NAME", an asset of the same shop); fit: contain or cover (absent means contain)
//	rect     radius of its corners; absent means 0
//	ellipse  fills its box
//	path     d: SVG path data in canvas pixels, its origin at the layer's x and y
//
// # Merchant config format
//
// A merchant config says how one product may be customized: its views (the base image, the
// printable rectangle in pixels of that image and in millimetres, and the canvas a design
// of that view has), what text and uploads are allowed, product colours, and what each option adds
// to the price, in whole units of the shop's currency.
//
//	{"version": 1,
//	 "views": [{"id": "front", "label": "Depan", "image": "asset:mug-depan.png",
//	            "printArea": {"px": {"x": 235, "y": 260, "width": 200, "height": 210},
//	                          "mm": {"width": 80, "height": 84}},
//	            "canvas": {"width": 952, "height": 1000}}],
//	 "text": {"enabled": true, "maxLength": 24, "maxLines": 3, "fonts": ["serif"], "colors": ["#3b2620"]},
//	 "upload": {"enabled": true, "formats": ["image/png"], "minDpi": 150, "maxBytes": 10485760},
//	 "gallery": ["asset:senja.png"],
//	 "colors": [{"name": "Krem", "hex": "#f6efe3"}],
//	 "pricing": {"currency": "IDR", "addOns": [{"id": "text", "label": "Cetak nama", "amount": 10000}]}}
package demo
