package view

// ErrorView is what ErrorPage shows.
type ErrorView struct {
	Status      int
	Title, Text string
	ID          string // of the request, for who asks for help; "": none
	Again, Home string // where to go on; "": not there
}
