package fetch

// Release is trawl's version.
const Release = "0.1.0"

// DefaultUserAgent is what a client calls itself if nobody says otherwise.
const DefaultUserAgent = "trawl/" + Release
