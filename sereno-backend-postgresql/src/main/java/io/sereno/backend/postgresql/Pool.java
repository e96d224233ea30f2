package io.sereno.backend.postgresql;

import io.sereno.spi.TimeSource;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** Connections of the application's data source, one for each request, and one for notices. */
final class Pool extends Client {
    private static final Pattern HOSTS = Pattern.compile("jdbc:postgresql://([^/?]+)");

    /** How pools and the driver's own data sources name their URL. */
    private static final Set<String> URLS = Set.of("getJdbcUrl", "getUrl", "getURL");

    private final DataSource source;
    private final TimeSource time;
    private final String where;

    Pool(DataSource source, TimeSource time) {
        this.source = source;
        this.time = time;
        this.where = url(source)
                .map(HOSTS::matcher)
                .filter(Matcher::lookingAt)
                .map(matcher -> "PostgreSQL at " + matcher.group(1))
                .orElse("PostgreSQL of the DataSource");
    }

    /** Where the connections lead to, for messages. Empty if the data source does not say so. */
    private static Optional<String> url(DataSource source) {
        Optional<Method> getter = Arrays.stream(source.getClass().getMethods())
                .filter(method -> URLS.contains(method.getName()) && method.getParameterCount() == 0)
                .findFirst();
        try {
            Object url = getter.isPresent() ? getter.get().invoke(source) : null;
            return Optional.ofNullable(url).map(Object::toString);
        } catch (ReflectiveOperationException e) {
            return Optional.empty(); // A class that is not public, or a data source without a URL.
        }
    }

    /** A pool gives up by its own timeout; it is asked again if another attempt fits into the limit. */
    @Override
    public Link open(Duration limit) throws SQLException {
        long began = time.nanoTime();
        while (true) {
            long attempt = time.nanoTime();
            try {
                return take();
            } catch (SQLException e) {
                long now = time.nanoTime();
                // A pool that fails at once will do so again.
                boolean waited = now - attempt > Duration.ofMillis(100).toNanos();
                if (!waited || now - began + (now - attempt) >= limit.toNanos()) {
                    throw withReason(e);
                }
            }
        }
    }

    /** A pool says that it has no connection, and its cause, if there is one, why and where. */
    private static SQLException withReason(SQLException failure) {
        return failure.getCause() == null
                ? failure
                : new SQLException(
                        failure.getMessage() + " " + failure.getCause().getMessage(), failure);
    }

    private Link take() throws SQLException {
        Connection jdbc = source.getConnection();
        try {
            if (!jdbc.getAutoCommit()) {
                jdbc.setAutoCommit(true);
            }
            Link link = new Link(jdbc, isPooled());
            restoreSchema(link);
            return link;
        } catch (SQLException | RuntimeException e) {
            jdbc.close();
            throw e;
        }
    }

    @Override
    public String where() {
        return where;
    }
}
