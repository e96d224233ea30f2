package io.sereno.backend.postgresql;

import static java.util.Objects.requireNonNull;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/** Connections of Sereno's own, to the first of several hosts that is a primary. */
final class Hosts extends Client {
    private static final Duration IDLE = Duration.ofSeconds(1);

    private final BackendConfig config;
    private final Parameters parameters;
    private final Driver driver = new Driver();
    /** The host to begin with: the last one that was a primary. */
    private final AtomicInteger first = new AtomicInteger();

    /** Of the host that was connected to last. Guarded by this. */
    private @Nullable History newest;

    /**
     * What tells a primary from a former one.
     *
     * @param timeline of the server; rises with each promotion, and is 1 again after pg_upgrade
     * @param epoch of the database; rises in both cases
     */
    private record History(long timeline, long epoch) {
        /** The epoch falls on one timeline when the schema is dropped and made again. */
        boolean mayFollow(History before) {
            return epoch >= before.epoch || timeline == before.timeline;
        }
    }

    Hosts(BackendConfig config, Parameters parameters) {
        this.config = config;
        this.parameters = parameters;
    }

    @Override
    boolean isPooled(ServerFacts facts) {
        return parameters.pooler().orElse(facts.pooled());
    }

    @Override
    public Link open(Duration limit) throws SQLException {
        List<InetSocketAddress> hosts = config.endpoints();
        int begin = first.get();
        @Nullable Exception failure = null;
        for (int i = 0; i < hosts.size(); i++) {
            int host = (begin + i) % hosts.size();
            try {
                Link link = open(hosts.get(host), limit.dividedBy(hosts.size()));
                first.set(host);
                return link;
            } catch (SQLException | BackendException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure instanceof SQLException sql) {
            throw sql;
        }
        throw failure instanceof BackendException known ? known : new IllegalStateException("no host", failure);
    }

    private Link open(InetSocketAddress host, Duration limit) throws SQLException {
        String address = host.getHostString() + ":" + host.getPort();
        Connection jdbc = requireNonNull(driver.connect(url(host), properties(limit)), "the driver's own URL");
        try {
            ServerFacts facts = ServerFacts.of(jdbc, address);
            Link link = new Link(jdbc, isPooled(facts));
            restoreSchema(link);
            if (config.endpoints().size() > 1) {
                requireNewest(new History(facts.timeline(), epoch(link)), address);
            }
            // From here on the deadline of each call ends what takes too long.
            jdbc.setNetworkTimeout(Runnable::run, 0);
            return link;
        } catch (SQLException | RuntimeException e) {
            jdbc.close();
            throw e;
        }
    }

    /** 0 before the first client makes the schema. */
    private static long epoch(Link link) throws SQLException {
        try {
            return link.askOne("SELECT sereno.epoch()", statement -> {}, row -> row.getLong(1));
        } catch (SQLException e) {
            if (Failures.isSchemaMissing(e)) {
                return 0;
            }
            throw e;
        }
    }

    /** A former primary that was not told of the promotion of another host must not be taken for the primary. */
    private synchronized void requireNewest(History found, String address) throws SQLException {
        if (newest != null && !found.mayFollow(newest)) {
            throw new SQLException(address + " is a former primary, on timeline " + found.timeline()
                    + "; this client has seen another host on timeline " + newest.timeline());
        }
        newest = found;
    }

    private String url(InetSocketAddress host) {
        String name = host.getHostString();
        String bracketed = name.indexOf(':') < 0 ? name : "[" + name + "]";
        return "jdbc:postgresql://" + bracketed + ":" + host.getPort() + "/";
    }

    private Properties properties(Duration limit) {
        Properties properties = new Properties();
        properties.setProperty("PGDBNAME", parameters.database());
        properties.setProperty("ApplicationName", "sereno");
        properties.setProperty("sslmode", parameters.sslMode());
        properties.setProperty("assumeMinServerVersion", "12");
        String seconds = Long.toString(Math.max(1, (limit.toMillis() + 999) / 1000));
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        config.trust().ifPresent(file -> properties.setProperty("sslrootcert", file.toString()));
        config.certificates().ifPresent(file -> properties.setProperty("sslcert", file.toString()));
        config.privateKey().ifPresent(file -> properties.setProperty("sslkey", file.toString()));
        properties.setProperty("user", config.user().orElse(System.getProperty("user.name")));
        config.password().ifPresent(password -> {
            properties.setProperty("password", new String(password));
            Arrays.fill(password, ' ');
        });
        return properties;
    }

    @Override
    public boolean isUsable(Link link, Duration idle) throws SQLException {
        return idle.compareTo(IDLE) < 0 || link.jdbc().isValid(1);
    }

    @Override
    public String where() {
        return "PostgreSQL at "
                + config.endpoints().stream()
                        .map(host -> host.getHostString() + ":" + host.getPort())
                        .collect(Collectors.joining(","));
    }
}
