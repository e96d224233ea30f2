package io.sereno.tck.spi;

import io.sereno.spi.Entry;
import io.sereno.spi.Promise;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.SecondJvm;
import java.time.Duration;
import java.util.List;

/** A client in another process: it shares no static state with this one, and it can die. */
public class SecondJvmRules {
    @Rule(value = "CFG-4", check = "whether something that clients share is in a static field of the first JVM")
    void processesShareTheStoreWhereThatIsPromised(Bench bench) {
        boolean promised = bench.guarantees().promises().contains(Promise.MANY_PROCESSES);
        Client client = bench.client();
        long revision = client.put(SecondJvm.DIRECTORY, "from the first", "first");
        SecondJvm second = SecondJvm.start(bench, bench.longTtl());
        String said = second.says();
        second.goOn();
        second.says();
        bench.verify(
                !promised || said.equals("read first at " + revision),
                () -> "a client in a second JVM had to read 'first at " + revision + "', and said: " + said);
        List<String> names =
                client.all(SecondJvm.DIRECTORY).stream().map(Entry::name).toList();
        bench.verify(
                !promised || names.contains("from the second"),
                () -> "the entry of a second JVM is missing; the first JVM reads " + names);
        if (promised) {
            long next = client.put(SecondJvm.DIRECTORY, "from the first", "again");
            long other = client.present(SecondJvm.DIRECTORY, "from the second").modRevision();
            bench.verify(
                    revision < other && other < next,
                    () -> "revisions over two processes are not in order: " + revision + ", " + other + ", " + next);
        }
    }

    @Rule(value = "LIF-4a", check = "threads that are no daemons and outlive close()")
    void aJvmThatHasClosedItsClientExits(Bench bench) {
        SecondJvm second = SecondJvm.start(bench, bench.longTtl());
        second.says();
        second.goOn();
        second.says();
        bench.verify(
                second.exits(Duration.ofSeconds(5)),
                () -> "a JVM closed its client and returned from main, and has not exited 5 s later");
    }

    @Rule(value = "LEA-3a", check = "what keeps a lease alive when the process that holds it is gone")
    void theLeaseOfAProcessThatDiesEnds(Bench bench) {
        if (!bench.guarantees().promises().contains(Promise.MANY_PROCESSES)) {
            throw bench.untested("the store is one process's own; MANY_PROCESSES is not promised");
        }
        Duration ttl = bench.shortTtl();
        Client client = bench.client();
        SecondJvm second = SecondJvm.start(bench, ttl);
        second.says();
        second.kill();
        long dead = bench.now();
        // A client library that renews by itself may have renewed just before; nothing prolongs the lease from here on.
        bench.pass(ttl.plus(bench.guarantees().expiryLateness())
                .plus(bench.kit().stalledSince(dead).multipliedBy(2)));
        List<String> names =
                client.all(SecondJvm.DIRECTORY).stream().map(Entry::name).toList();
        bench.verify(
                !names.contains("leased by the second"),
                () -> "a process died, and " + Bench.text(bench.since(dead)) + " later the entry of its lease of " + ttl
                        + " is still there");
        bench.verify(names.contains("from the second"), () -> "its entry without a lease is gone; there is " + names);
    }
}
