// Package cluster is the engine of package pool whose calls run on other machines, over NATS
// JetStream. A coordinator makes an [Engine] for its executor; on any number of machines
// [Serve] makes the calls of the runs that it finds on the same server. It knows no
// pages: calls are bytes here, whatever they do.
package cluster
