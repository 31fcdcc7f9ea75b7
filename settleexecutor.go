package main

// settleExecutor refuses options for an executor that is not the run's. A variable is for
// the runs that have it.
func (c *config) settleExecutor() error {
	for _, only := range []struct{ executor, what, option string }{
		{inProcesses, "worker processes", "processes"},
		{inProcesses, "worker processes", "process-memory"},
		{inCluster, "workers over NATS", "nats"},
		{inCluster, "workers over NATS", "nats-listen"},
		{inCluster, "workers over NATS", "nats-replicas"},
	} {
		if c.Executor != only.executor && c.byOption(only.option) {
			return c.onlyWith(only.executor, only.what, only.option)
		}
	}
	if c.Executor == inCluster {
		return c.settleCluster()
	}
	return nil
}

// onlyWith is the message for an option that is for an executor's workers.
func (c *config) onlyWith(executor, what, option string) *message {
	return usage("--"+option+" is for "+what+", and there are none ("+c.where(option)+")",
		"Add --executor "+executor+", or leave --"+option+" out.")
}

// settleCluster refuses what a server of our own and one of the user's cannot both be.
func (c *config) settleCluster() error {
	switch {
	case c.NATS != "" && c.NATSListen != "" && c.outranked("nats", "nats-listen"):
		c.NATS = ""
	case c.NATS != "" && c.outranked("nats-listen", "nats"):
		c.NATSListen = ""
	case c.NATS != "" && c.NATSListen != "":
		return c.conflict("nats-listen", "is for a server in this process, and --nats names another", "Leave one of them out.")
	}
	if c.NATS != "" || c.NATSReplicas == 1 {
		return nil
	}
	if c.byOption("nats-replicas") {
		return c.conflict("nats-replicas", "is for a cluster of servers, and there is one, in this process", "Name them with --nats, or leave --nats-replicas out.")
	}
	c.NATSReplicas = 1 // a variable is for the runs that have some
	return nil
}
