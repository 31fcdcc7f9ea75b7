package fetch

// Release is trawl's version. It stands here because the User-Agent has it.
const Release = "0.1.0"

// Home is where trawl lives on the web: what a User-Agent names for who wants to know who
// has asked. There is no such place yet, and this says so: a name under .invalid can
// never be anybody's (RFC 2606 §2). Who crawls names a place of his own instead.
const Home = "https://trawl.invalid/"
