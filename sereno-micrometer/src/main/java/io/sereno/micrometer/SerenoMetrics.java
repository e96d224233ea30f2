package io.sereno.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a client in a {@link MeterRegistry}.
 *
 * <pre>{@code
 * Sereno sereno = Sereno.builder()
 *         .uri("etcd://etcd:2379/billing")
 *         .meter(SerenoMetrics.of(registry))
 *         .connect();
 * }</pre>
 *
 * <table>
 *   <caption>The meters. Each has the tag {@code backend}, and the tags of {@link Builder#tags}.</caption>
 *   <tr><th>meter</th><th>type</th><th>further tags</th></tr>
 *   <tr><td>{@code sereno.requests}</td><td>timer</td><td>{@code operation}, {@code outcome}</td></tr>
 *   <tr><td>{@code sereno.grant.wait}</td><td>timer</td><td>{@code recipe}, {@code name}, {@code outcome}</td></tr>
 *   <tr><td>{@code sereno.grant.hold}</td><td>timer</td><td>{@code recipe}, {@code name}, {@code outcome}</td></tr>
 *   <tr><td>{@code sereno.grants.held}</td><td>gauge</td><td>{@code recipe}, {@code name}</td></tr>
 *   <tr><td>{@code sereno.grants.waiting}</td><td>gauge</td><td>{@code recipe}, {@code name}</td></tr>
 *   <tr><td>{@code sereno.grants.lost}</td><td>counter</td><td>{@code recipe}, {@code name}, {@code cause}</td></tr>
 *   <tr><td>{@code sereno.leader}</td><td>gauge, 1 or 0</td><td>{@code name}</td></tr>
 *   <tr><td>{@code sereno.session.remaining}</td><td>time gauge</td><td></td></tr>
 *   <tr><td>{@code sereno.session.losses}</td><td>counter</td><td></td></tr>
 *   <tr><td>{@code sereno.topic.lag}</td><td>gauge, messages</td><td>{@code name}</td></tr>
 *   <tr><td>{@code sereno.topic.gaps}</td><td>counter, messages</td><td>{@code name}</td></tr>
 * </table>
 *
 * <p>The values of {@code operation}, {@code outcome} and {@code cause} are the constants of {@link SerenoMeter} and
 * {@link LossCause} in lower case; the outcome of a wait is {@code granted} or a constant of
 * {@link SerenoMeter.NotGranted}, the outcome of a hold is {@code released} or {@code lost}. A meter has the same tag
 * keys in all series.
 *
 * <p><b>Names are bounded.</b> For each recipe, and for topics, the first {@link Builder#maxNames} names get series of
 * their own. All further names share series with the name {@code other}. So an application with a lock for each order
 * does not flood its registry. {@link Builder#name} maps names before that, for instance to replace numbers. Tags
 * contain no token, session or node.
 *
 * <p><b>Several clients.</b> One instance may serve one client after another, and several clients of the same store at
 * the same time, except that {@code sereno.session.remaining} shows the client that connected last. Instances of the
 * same registry need different {@link Builder#tags}; otherwise the registry drops the gauges of the second one, and
 * Sereno logs an {@link IllegalStateException} that says so when the client connects.
 *
 * <p>The methods of {@link SerenoMeter} do not block and are safe for use by multiple threads. The series stay in the
 * registry when the client is closed; their gauges are zero then.
 */
public final class SerenoMetrics implements SerenoMeter {
    private static final String REMAINING = "sereno.session.remaining";

    private final MeterRegistry registry;
    private final Tags tags;
    private final UnaryOperator<String> naming;
    private final int maxNames;

    /** Null until the first client connects, which is before every other event. */
    private volatile @Nullable Series series;

    private volatile LongSupplier sessionRemaining = () -> 0;

    private SerenoMetrics(Builder builder) {
        this.registry = builder.registry;
        this.tags = builder.tags;
        this.naming = builder.naming;
        this.maxNames = builder.maxNames;
    }

    /**
     * Meters with the defaults of the {@link Builder}.
     *
     * @param registry receives the meters
     * @throws NullPointerException if {@code registry} is null
     */
    public static SerenoMetrics of(MeterRegistry registry) {
        return builder(registry).build();
    }

    /**
     * Settings for meters.
     *
     * @param registry receives the meters
     * @throws NullPointerException if {@code registry} is null
     */
    public static Builder builder(MeterRegistry registry) {
        return new Builder(Objects.requireNonNull(registry, "registry"));
    }

    /** Settings for {@link SerenoMetrics}. Not safe for use by multiple threads. */
    public static final class Builder {
        private final MeterRegistry registry;
        private Tags tags = Tags.empty();
        private UnaryOperator<String> naming = UnaryOperator.identity();
        private int maxNames = 100;

        private Builder(MeterRegistry registry) {
            this.registry = registry;
        }

        /**
         * Tags for all meters, beside {@code backend}; they replace those of an earlier call. Default: none.
         *
         * @param keyValues keys and values in turn, such as {@code "client", "billing"}
         * @return this builder
         * @throws IllegalArgumentException if their number is odd, or a key is one that the meters use themselves
         */
        public Builder tags(String... keyValues) {
            Tags given = Tags.of(keyValues);
            for (Tag tag : given) {
                if (Series.KEYS.contains(tag.getKey())) {
                    throw new IllegalArgumentException("the tag " + tag.getKey()
                            + " is taken by the meters; other keys than " + Series.KEYS + " are accepted");
                }
            }
            this.tags = given;
            return this;
        }

        /**
         * Maps the name of a lock, an election or a topic to the value of the tag {@code name}. Default: the name
         * itself.
         *
         * <pre>{@code
         * builder.name(name -> name.replaceAll("[0-9]+", "#"))
         * }</pre>
         *
         * @param naming must return the same value for the same name, at once. It is called for every event, in the
         *     thread of the event. If it throws, or returns null or an empty value, the event counts under
         *     {@code other}, and the first such case is logged
         * @return this builder
         * @throws NullPointerException if {@code naming} is null
         */
        public Builder name(UnaryOperator<String> naming) {
            this.naming = Objects.requireNonNull(naming, "naming");
            return this;
        }

        /**
         * How many names of each recipe, and of topics, get series of their own. Default: 100.
         *
         * @param maxNames 0 to 10,000; with 0, all names count under {@code other}
         * @return this builder
         * @throws IllegalArgumentException if {@code maxNames} is out of range
         */
        public Builder maxNames(int maxNames) {
            if (maxNames < 0 || maxNames > 10_000) {
                throw new IllegalArgumentException("maxNames is " + maxNames + "; 0 to 10,000 are accepted");
            }
            this.maxNames = maxNames;
            return this;
        }

        /** A meter for {@link io.sereno.Sereno.Builder#meter}. The registry gets its series when the client connects. */
        public SerenoMetrics build() {
            return new SerenoMetrics(this);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the registry has these meters already, by another instance with the same tags,
     *     or if an earlier client of this instance has another kind of store
     */
    @Override
    public synchronized void connected(String backend, LongSupplier sessionRemainingNanos) {
        Tags all = tags.and("backend", backend);
        Series former = series;
        if (former == null) {
            boolean taken = registry.find(REMAINING).tags(all).meter() != null;
            series = new Series(registry, all, naming, maxNames);
            sessionRemaining = sessionRemainingNanos;
            if (taken) {
                throw new IllegalStateException("another client has the meters of Sereno with the tags " + all
                        + " in this registry, so the gauges of this client are not shown; give each client its own"
                        + " tags, by SerenoMetrics.builder(registry).tags(\"client\", ...)");
            }
            TimeGauge.builder(REMAINING, () -> sessionRemaining.getAsLong(), TimeUnit.NANOSECONDS)
                    .description("How long the session lives without another renewal")
                    .tags(all)
                    .register(registry);
        } else if (former.tags.equals(all)) {
            sessionRemaining = sessionRemainingNanos;
        } else {
            throw new IllegalStateException("these meters have the tags " + former.tags + ", and cannot serve a client"
                    + " of " + backend + ", whose events count under those tags; create another SerenoMetrics for it");
        }
    }

    @Override
    public void request(Operation operation, Outcome outcome, long nanos) {
        series().request(operation, outcome).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void waiting(String recipe, String name) {
        series().right(recipe, name).waiting.increment();
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        RightSeries right = series().right(recipe, name);
        right.waiting.decrement();
        right.held.increment();
        right.granted.record(waitNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        RightSeries right = series().right(recipe, name);
        right.waiting.decrement();
        right.gaveUp(why).record(waitNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        RightSeries right = series().right(recipe, name);
        right.held.decrement();
        right.released.record(holdNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        RightSeries right = series().right(recipe, name);
        right.held.decrement();
        right.lost(cause, holdNanos);
    }

    @Override
    public void sessionLost() {
        series().sessionLosses.increment();
    }

    @Override
    public void topicLag(String topic, long change) {
        series().topic(topic).lag.add(change);
    }

    @Override
    public void topicGap(String topic, long messages) {
        series().topic(topic).gaps.increment((double) messages);
    }

    private Series series() {
        return Objects.requireNonNull(series, "connected(...) is called before any other method");
    }
}
