package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingClient;
import io.sereno.blocking.Fault;
import io.sereno.spi.Guarantees;
import java.sql.SQLException;

/** What the two kinds of connections have in common: what the first one finds out, and a schema that is lost. */
abstract class Client implements BlockingClient<Link> {
    /** Set by the first connection. */
    private volatile Guarantees guarantees = Limits.GUARANTEES;

    private volatile boolean pooled = true;
    /** Whether a statement has found no schema: the database was replaced by an empty one, or by an earlier state. */
    private volatile boolean schemaIsLost;

    /** For the first connection. */
    boolean greet(Link link) throws SQLException {
        ServerFacts facts = ServerFacts.of(link.jdbc(), where());
        Schema.prepare(link.jdbc());
        pooled = isPooled(facts);
        guarantees = Limits.of(facts, pooled);
        return true;
    }

    /** Whether the connections of these facts lead to a pooler. */
    boolean isPooled(ServerFacts facts) {
        return facts.pooled();
    }

    boolean isPooled() {
        return pooled;
    }

    Guarantees guarantees() {
        return guarantees;
    }

    /** For each connection but the first. */
    void restoreSchema(Link link) throws SQLException {
        if (schemaIsLost) {
            Schema.prepare(link.jdbc());
            schemaIsLost = false;
        }
    }

    @Override
    public void close(Link link) throws SQLException {
        link.close();
    }

    @Override
    public void abort(Link link) throws SQLException {
        link.abort();
    }

    @Override
    public Fault fault(Throwable failure) {
        if (Failures.isSchemaMissing(failure)) {
            schemaIsLost = true;
            return Fault.NOT_SENT; // Nothing was applied, and the next connection restores it.
        }
        return Failures.fault(failure);
    }
}
