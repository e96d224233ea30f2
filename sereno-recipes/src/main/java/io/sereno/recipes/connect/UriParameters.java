package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The parameters of a URI: those that Sereno uses, and the rest, which goes to the backend. */
final class UriParameters {
    private static final String REQUIRE = "require";
    private static final String SESSION_TTL = "session-ttl";
    private static final String CONNECT_TIMEOUT = "connect-timeout";
    private static final String CONNECT_RETRY = "connect-retry";
    private static final String OPERATION_TIMEOUT = "operation-timeout";
    private static final Set<String> OURS =
            Set.of(REQUIRE, SESSION_TTL, CONNECT_TIMEOUT, CONNECT_RETRY, OPERATION_TIMEOUT);

    private static final Duration DEFAULT_SESSION_TTL = Duration.ofSeconds(10);
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
    /** Below this, a renewal every third of the ttl leaves no room for the margin of 50 ms. */
    private static final Duration LEAST_SESSION_TTL = Duration.ofMillis(200);

    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(1);
    /** Limited so that no sum of nanoseconds overflows. */
    private static final Duration GREATEST = Duration.ofDays(1);

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");

    private final Map<String, String> given;

    UriParameters(Map<String, String> given) {
        this.given = given;
    }

    Duration sessionTtl(@Nullable Duration built) {
        return duration(SESSION_TTL, "sessionTtl", built, DEFAULT_SESSION_TTL, LEAST_SESSION_TTL);
    }

    Duration connectTimeout(@Nullable Duration built) {
        return duration(CONNECT_TIMEOUT, "connectTimeout", built, DEFAULT_TIMEOUT, LEAST_TIMEOUT);
    }

    Duration connectRetry(@Nullable Duration built) {
        return duration(CONNECT_RETRY, "connectRetry", built, Duration.ZERO, Duration.ZERO);
    }

    Duration operationTimeout(@Nullable Duration built) {
        return duration(OPERATION_TIMEOUT, "operationTimeout", built, DEFAULT_TIMEOUT, LEAST_TIMEOUT);
    }

    /** The value from the URI or from the builder, but not from both; else the default. */
    private Duration duration(String key, String option, @Nullable Duration built, Duration otherwise, Duration least) {
        String text = given.get(key);
        if (text != null && built != null) {
            throw new SerenoConfigurationException(
                    "given twice: " + key + " in the URI and " + option + "(...); leave one out");
        }
        Duration value = text != null ? parse(key, text) : built != null ? built : otherwise;
        if (value.compareTo(least) < 0 || value.compareTo(GREATEST) > 0) {
            throw new SerenoConfigurationException((text != null ? "?" + key : option + "(...)") + ": " + value
                    + " is out of range; " + least + " to " + GREATEST + " is accepted");
        }
        return value;
    }

    private static Duration parse(String key, String text) {
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw new SerenoConfigurationException(
                    "?" + key + ": not a duration; digits and ms, s or m are accepted, as in 500ms, 10s, 2m");
        }
        long amount = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
        };
    }

    /** The promises required by the URI, as in {@code require=durable,fail-over-safe}, and by the builder. */
    Set<Promise> promises(Collection<Promise> built) {
        Set<Promise> promises = EnumSet.noneOf(Promise.class);
        promises.addAll(built);
        String text = given.get(REQUIRE);
        if (text != null) {
            for (String name : text.split(",", -1)) {
                promises.add(promise(name));
            }
        }
        return promises;
    }

    private static Promise promise(String name) {
        Optional<Promise> promise =
                Stream.of(Promise.values()).filter(p -> name(p).equals(name)).findFirst();
        return promise.orElseThrow(() -> new SerenoConfigurationException(
                "?require: '" + name + "' is not a promise; accepted are " + names(EnumSet.allOf(Promise.class))));
    }

    static String names(Collection<Promise> promises) {
        return promises.isEmpty()
                ? "nothing"
                : promises.stream().sorted().map(UriParameters::name).collect(Collectors.joining(", "));
    }

    private static String name(Promise promise) {
        return promise.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The parameters left for the backend. */
    Map<String, String> rest() {
        Map<String, String> rest = new HashMap<>(given);
        rest.keySet().removeAll(OURS);
        return Map.copyOf(rest);
    }
}
