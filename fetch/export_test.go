package fetch

// OnLend has f told of each change of the bytes that are lent to bodies. It is
// called before the first GetPage.
func (c *Client) OnLend(f func(n int64)) { c.memory.lent = f }
