package fetch

// Release is trawl's version. It stands here because the User-Agent has it.
const Release = "0.1.0"
