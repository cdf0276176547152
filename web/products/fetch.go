package products

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lapak/store"
	"lapak/tenants"
	"lapak/web/shopify/adminapi"
)

// The two operations. Of a product's media its preview is the one picture that
// every kind has; 512 pixels are enough for any list.
const (
	fields = `fragment Fields on Product {
  legacyResourceId title handle status
  featuredMedia { preview { image { url(transform: {maxWidth: 512, maxHeight: 512}) } } }
}`
	listQuery = `query Products($first: Int!, $after: String, $query: String) {
  products(first: $first, after: $after, query: $query, sortKey: CREATED_AT, reverse: true) {
    nodes { ...Fields }
    pageInfo { hasNextPage endCursor }
  }
}
` + fields
	oneQuery = `query Product($id: ID!) {
  product(id: $id) { ...Fields }
}
` + fields
)

// theirs is a product as Shopify writes it.
type theirs struct {
	ID     string `json:"legacyResourceId"`
	Title  string `json:"title"`
	Handle string `json:"handle"`
	Status string `json:"status"`
	Media  *struct {
		Preview *struct {
			Image *struct {
				URL string `json:"url"`
			} `json:"image"`
		} `json:"preview"`
	} `json:"featuredMedia"`
}

func (t theirs) product() (Product, error) {
	id, err := store.ProductID(t.ID)
	if err != nil {
		return Product{}, fmt.Errorf("%w: a product's id: %w", adminapi.ErrUnavailable, err)
	}
	p := Product{ID: id, Title: t.Title, Handle: t.Handle, Status: t.Status}
	if t.Media != nil && t.Media.Preview != nil && t.Media.Preview.Image != nil {
		p.ImageURL = safeImage(t.Media.Preview.Image.URL)
	}
	return p, nil
}

// safeImage is "" for an address that no page should be made to load.
func safeImage(url string) string {
	if !strings.HasPrefix(url, "https://") {
		return ""
	}
	return url
}

// fetch asks Shopify.
func (p *Products) fetch(ctx context.Context, lease *tenants.Lease, ask question) (Page, error) {
	if ask.id != "" {
		return p.fetchOne(ctx, lease, ask.id)
	}
	var out struct {
		Products struct {
			Nodes []theirs `json:"nodes"`
			Info  struct {
				More bool   `json:"hasNextPage"`
				End  string `json:"endCursor"`
			} `json:"pageInfo"`
		} `json:"products"`
	}
	vars := map[string]any{"first": ask.first, "after": orNull(ask.after), "query": orNull(ask.search)}
	if err := p.query(ctx, lease, adminapi.Request{Operation: "Products", Query: listQuery, Variables: vars}, &out); err != nil {
		return Page{}, err
	}
	page, err := pageOf(out.Products.Nodes)
	if out.Products.Info.More {
		page.Next = formatCursor(out.Products.Info.End)
	}
	return page, err
}

func (p *Products) fetchOne(ctx context.Context, lease *tenants.Lease, id string) (Page, error) {
	if strings.Trim(id, "0123456789") != "" {
		return Page{}, nil // a product of somewhere else
	}
	var out struct {
		Product *theirs `json:"product"`
	}
	vars := map[string]any{"id": "gid://shopify/Product/" + id}
	if err := p.query(ctx, lease, adminapi.Request{Operation: "Product", Query: oneQuery, Variables: vars}, &out); err != nil || out.Product == nil {
		return Page{}, err
	}
	return pageOf([]theirs{*out.Product})
}

func pageOf(nodes []theirs) (page Page, err error) {
	page.Products = make([]Product, len(nodes))
	for i, node := range nodes {
		if page.Products[i], err = node.product(); err != nil {
			return Page{}, err
		}
	}
	return page, nil
}

// query asks with the shop's token. One that Shopify no longer takes may have been
// renewed meanwhile, so another is tried once.
func (p *Products) query(ctx context.Context, lease *tenants.Lease, req adminapi.Request, out any) error {
	for tried := ""; ; {
		token, err := p.opt.Token(ctx, lease)
		if err != nil {
			return err
		}
		err = lease.Aside(ctx, func() error {
			return p.opt.API.Query(ctx, lease.Shop().Name.String(), token, req, out)
		})
		if !errors.Is(err, adminapi.ErrUnauthorized) {
			return err
		}
		if p.opt.Reject != nil {
			if failed := p.opt.Reject(ctx, lease, token); failed != nil {
				return failed
			}
		}
		if tried != "" || p.opt.Reject == nil {
			return err
		}
		tried = token
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
