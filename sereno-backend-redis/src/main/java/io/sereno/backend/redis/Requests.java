package io.sereno.backend.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.List;

/** The arguments of the script's operations; the script documents them. */
final class Requests {
    private static final byte[] EMPTY = new byte[0];

    private Requests() {}

    static List<byte[]> read(Query query) {
        List<byte[]> arguments = new ArrayList<>(5);
        add(query, arguments);
        return arguments;
    }

    /** @param lease the script's key for the lease that the commit names; empty if it names none */
    static List<byte[]> commit(Commit commit, String lease) {
        List<Condition> conditions = commit.conditions();
        List<Write> writes = commit.writes();
        List<byte[]> arguments = new ArrayList<>(10 + 3 * (conditions.size() + writes.size()));
        boolean stores = writes.stream().anyMatch(Write.Put.class::isInstance);
        arguments.add(bytes(commit.directory()));
        arguments.add(bytes(lease));
        arguments.add(bytes(stores ? "1" : "0"));
        arguments.add(bytes(conditions.size()));
        arguments.add(bytes(writes.size()));
        conditions.forEach(condition -> add(condition, arguments));
        writes.forEach(write -> add(write, arguments));
        commit.returning().ifPresentOrElse(query -> add(query, arguments), () -> arguments.add(bytes("none")));
        return arguments;
    }

    /** The first call on a connection. */
    static List<byte[]> firstTick(int layout) {
        return List.of(bytes(layout), EMPTY);
    }

    static List<byte[]> tick(String client) {
        return List.of(EMPTY, bytes(client));
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static byte[] bytes(long number) {
        return bytes(Long.toString(number));
    }

    private static void add(Condition condition, List<byte[]> arguments) {
        if (condition instanceof Condition.CreateRevision create) {
            add("create", create.name(), bytes(create.revision()), arguments);
        } else if (condition instanceof Condition.ModRevision mod) {
            add("mod", mod.name(), bytes(mod.revision()), arguments);
        } else {
            add(condition instanceof Condition.Present ? "present" : "absent", condition.name(), EMPTY, arguments);
        }
    }

    private static void add(Write write, List<byte[]> arguments) {
        if (write instanceof Write.Put put) {
            add(put.leaseId() == 0 ? "put" : "lease", put.name(), put.value().toArray(), arguments);
        } else {
            add("delete", write.name(), EMPTY, arguments);
        }
    }

    private static void add(Query query, List<byte[]> arguments) {
        if (query instanceof Query.One one) {
            add("one", one.directory(), bytes(one.name()), arguments);
        } else if (query instanceof Query.Range range) {
            add("range", range.directory(), bytes(range.after()), arguments);
            arguments.add(bytes(range.limit()));
            arguments.add(bytes(Limits.LISTING_BYTES));
        } else {
            add("range", query.directory(), EMPTY, arguments);
            arguments.add(bytes(Integer.MAX_VALUE));
            arguments.add(bytes(Limits.LISTING_BYTES));
        }
    }

    private static void add(String kind, String name, byte[] more, List<byte[]> arguments) {
        arguments.add(bytes(kind));
        arguments.add(bytes(name));
        arguments.add(more);
    }
}
