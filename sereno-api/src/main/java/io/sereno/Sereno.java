package io.sereno;

import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * One store under one namespace: the door to every recipe. One for a process is enough.
 *
 * <pre>{@code
 * try (Sereno sereno = Sereno.connect("etcd://10.0.0.7:2379/billing")) {
 *     long visits = sereno.counter("visits").incrementAndGet();
 *     System.out.println("visit " + visits);
 * }
 * }</pre>
 *
 * <p>What it holds, it holds under a <em>session</em>: a lease of the store, renewed every third of its ttl. If the
 * session is lost, everything held under it is lost with it and says so; then this object opens a new session and goes
 * on. It is never necessary to connect again.
 *
 * <p>Methods that make a recipe object, like {@link #mutex}, do no I/O and hold nothing. Objects of one name are the
 * same lock, counter or topic, in this process and in all others that use the same store and namespace; recipes of
 * different kinds never meet, whatever their names.
 *
 * <p><b>Names</b> are well-formed Unicode without U+0000, not empty, of at most {@value #MAX_NAME_BYTES} bytes of
 * UTF-8. Nothing in them has a meaning, slashes and dots included. Where two names meet in one entry, like those of a
 * group and a member, both have to fit into the {@value io.sereno.spi.Names#MAX_BYTES} bytes that a directory and an
 * entry have together; else an {@link IllegalArgumentException} says so.
 *
 * <p><b>Guarantees.</b> A right is believed only until <em>the time of sending the last renewal that was acknowledged +
 * ttl - margin</em>, on this process's monotonic clock; so a holder that is cut off, or was paused, stops by itself
 * before the store gives its right away, without asking anybody. The margin is the greater of 50 ms and a twentieth of
 * the ttl.
 *
 * <p><b>Not guaranteed.</b> That no pause falls between looking at the clock and the effect; nor that clocks differ in
 * speed by no more than the margin allows for. {@link Grant#fencingToken()} is for both.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Sereno extends AutoCloseable {
    /** The most bytes of UTF-8 that a name may take. */
    int MAX_NAME_BYTES = 400;

    /**
     * Connects to the store that the surroundings name, as {@link Builder#connect()} does: the system property {@code sereno.uri}, else the environment
     * variable {@code SERENO_URI}, else the only backend on the class path that has a default address, at that address.
     * Never to memory unasked: a jar left out by mistake must not give every process a lock of its own.
     *
     * @return a new connection; to be closed
     * @throws SerenoConfigurationException if there is no backend, several without a URI, or the URI is not as it must
     *     be; or if the store refuses this client for a reason that waiting does not remove
     * @throws NotAppliedException if no store answers in time
     */
    static Sereno connect() {
        return builder().connect();
    }

    /**
     * Connects to a store. The URI is
     *
     * <pre>
     * scheme:[//[user:password@]host[:port][,host[:port]...]][/namespace][?key=value&amp;...]
     * </pre>
     *
     * with percent-encoding for reserved characters, and IPv6 addresses in brackets: {@code redis://10.0.0.7/billing},
     * {@code memory:/tests}. Parameters are {@code require}, {@code session-ttl}, {@code connect-timeout},
     * {@code connect-retry} and {@code operation-timeout}, as the methods of {@link Builder}, and those of the backend;
     * unknown ones are refused.
     * It is a String because {@link java.net.URI} refuses {@code memory:} and lists of hosts.
     *
     * @param uri where the store is
     * @return a new connection; to be closed
     * @throws SerenoConfigurationException if the URI is not as it must be, or no backend, or more than one, is there
     *     for its scheme; or if the store refuses this client for a reason that waiting does not remove
     * @throws NotAppliedException if no store answers in time
     */
    static Sereno connect(String uri) {
        return builder().uri(uri).connect();
    }

    /**
     * Begins with the defaults.
     *
     * @return a new builder
     * @throws SerenoConfigurationException if the jar of the recipes is missing or there twice
     */
    static Builder builder() {
        return SerenoFactory.load().newBuilder();
    }

    /**
     * Works over a backend that is open: for tests, dependency injection and stores of one's own.
     *
     * @param backend stays open when the result is closed
     * @return a new client of that backend; to be closed
     * @throws SerenoConfigurationException if the jar of the recipes is missing or there twice, or the backend cannot
     *     give the default session ttl
     */
    static Sereno over(Backend backend) {
        return builder().backend(backend).connect();
    }

    /**
     * The mutex of this name.
     *
     * @param name of the mutex
     * @return no I/O, nothing to close
     */
    Mutex mutex(String name);

    /**
     * A candidate in the election of this name. Each call makes one of its own: two of them in one process are two
     * candidates.
     *
     * @param name of the election
     * @return a candidate that was not started; no I/O; to be closed
     */
    LeaderElection election(String name);

    /**
     * The counter of this name.
     *
     * @param name of the counter
     * @return no I/O, nothing to close
     */
    Counter counter(String name);

    /**
     * The wait group of this name.
     *
     * @param name of the wait group
     * @return no I/O, nothing to close
     */
    WaitGroup waitGroup(String name);

    /**
     * The topic of this name.
     *
     * @param <T> what its messages are
     * @param name of the topic
     * @param codec how messages become bytes; all who use the topic have to agree on it
     * @return no I/O, nothing to close
     */
    <T> Topic<T> topic(String name, Codec<T> codec);

    /**
     * The group of this name.
     *
     * @param group name of the group
     * @return no I/O, nothing to close
     */
    Membership membership(String group);

    /**
     * Announces that this member of the group lives: {@link Membership#join(String, Duration)
     * membership(group).join(id, ttl)}.
     *
     * @param group name of the group
     * @param id of the member, unique in the group
     * @param ttl how long others see it after its process died; renewed every third
     * @return listed until it is closed
     * @throws InterruptedException if interrupted while waiting for the entry of a predecessor to go; nothing is listed
     *     then
     * @throws DuplicateMemberException if another live member has this id
     */
    KeepAlive keepAlive(String group, String id, Duration ttl) throws InterruptedException;

    /**
     * Ids of {@link IdLayout#SONYFLAKE}, unique among all generators of this name in this namespace.
     *
     * @param name of the generators
     * @return no I/O, nothing to close
     */
    IdGenerator ids(String name);

    /**
     * Ids of another layout, unique among all generators of this name in this namespace, provided that all of them use
     * it.
     *
     * @param name of the generators
     * @param layout of the ids
     * @return no I/O, nothing to close
     */
    IdGenerator ids(String name, IdLayout layout);

    /**
     * The same connection and session under a child of this namespace. Children are places of their own, apart from
     * their parent's names and from each other: {@code sereno.withNamespace("eu")} under the namespace {@code billing}
     * of a URI is <em>not</em> what a URI that ends in {@code /billing/eu} reaches. Children of children take at most
     * 64 bytes of UTF-8 together, with two more for each.
     *
     * @param child name of the child; names that begin with {@code sereno-} are reserved
     * @return a view, for which {@link #close()} does nothing
     * @throws IllegalArgumentException if the name is reserved, too long, empty, or not well-formed Unicode without
     *     U+0000
     */
    Sereno withNamespace(String child);

    /**
     * What others see this client as.
     *
     * @return as given to the builder, or made from host name, process id and eight random characters
     */
    String nodeId();

    /**
     * The state of the current session. For display: who has a right asks {@link Grant#isHeld()}.
     *
     * @return never waits
     */
    SessionState sessionState();

    /**
     * Calls back at each change of the session's state from now on, in order, until this or the subscription is closed;
     * {@link Subscription#ended()} tells of that. States that follow each other quickly may be merged into the last.
     *
     * @param callback hears the new state
     * @return ends the calls when it is closed
     */
    Subscription onSessionState(Consumer<SessionState> callback);

    /**
     * What this store promises, as plain facts: what survives a fail-over, the least ttl, how late leases may end.
     *
     * @return always the same, without I/O
     */
    Guarantees guarantees();

    /**
     * Gives back what is held, withdraws who waits, ends callbacks and closes the connection, unless the backend was
     * given. Rights that were held are lost with {@link LossCause#SERENO_CLOSED}; calls that wait for others end with
     * {@link SerenoClosedException}, as does every later call that would need the store, and calls that wait for the
     * store alone end in their time, as honest about the outcome as ever. Blocks for 5 s at most, even against a frozen server. For
     * 4 s of them the store is asked again as long as its answer is missing, so a store that answers by then has freed
     * everything; what could not be given back goes with the session, at the end of its ttl. Not interruptible.
     * Idempotent: a second call returns at once, also while the first one waits. Inside a callback it does not wait for
     * that callback.
     */
    @Override
    void close();

    /**
     * What to connect with. Checked as a whole by {@link #connect()}, before any I/O; {@code toString()} shows no
     * secret.
     *
     * <pre>{@code
     * Sereno sereno = Sereno.builder()
     *         .uri("redis://cache.internal/billing")
     *         .credentials("billing", password)
     *         .sessionTtl(Duration.ofSeconds(15))
     *         .require(Promise.DURABLE)
     *         .connect();
     * }</pre>
     *
     * <p>Instances are not safe for use by multiple threads.
     */
    interface Builder {
        /**
         * Where the store is. Not together with {@link #backend}.
         *
         * @param uri as for {@link Sereno#connect(String)}
         * @return this builder
         */
        Builder uri(String uri);

        /**
         * A backend that is open, instead of a URI. It stays open; what belongs to opening it, credentials,
         * certificates and connect timeout, is refused beside it.
         *
         * @param backend not closed by {@link Sereno#close()}
         * @return this builder
         */
        Builder backend(Backend backend);

        /**
         * Below what to keep everything. Not together with a namespace in the URI; over a {@link #backend} it is a
         * child of the backend's own, as by {@link Sereno#withNamespace}, and must not begin with {@code sereno-}.
         *
         * @param namespace at most 64 bytes of UTF-8; segments between slashes, none of them empty
         * @return this builder
         */
        Builder namespace(String namespace);

        /**
         * What others see this client as. Two clients may have the same, and are two all the same. Default: host name,
         * process id, eight random characters.
         *
         * <p>Privacy: whoever may read the namespace can read the node id of each client. Whatever the node id is, the
         * marker of each session also has the name of the host and the process id, for operators. No name service is
         * asked for the host name.
         *
         * @param nodeId for people; up to 200 bytes of UTF-8
         * @return this builder
         */
        Builder nodeId(String nodeId);

        /**
         * How long what this client holds outlives it: fail-over takes this and the store's lateness. Renewed every
         * third. Default 10 s; 4 to 38 s fit every store with its usual settings, {@code tickTime=2000} of ZooKeeper
         * among them. A ttl outside what the store gives is refused.
         *
         * @param ttl at least 200 ms and at most a day
         * @return this builder
         */
        Builder sessionTtl(Duration ttl);

        /**
         * How long one attempt to connect may wait for the store. Default 5 s. An attempt fails earlier where nobody
         * listens; {@link #connectRetry} repeats it. In a URI {@code ?connect-timeout=2s}.
         *
         * @param timeout from 1 ms to a day
         * @return this builder
         */
        Builder connectTimeout(Duration timeout);

        /**
         * For how long {@link #connect()} repeats an attempt that found no store: for applications that may start before
         * their store does. Default zero: one attempt. Each attempt has the connect timeout, and a pause of at most 2 s
         * comes before the next one; no attempt begins after this time. The first failure is logged, and a failure that
         * waiting does not remove ends the call at once. In a URI {@code ?connect-retry=2m}.
         *
         * @param time from zero to a day, counted from the call of {@link #connect()}
         * @return this builder
         */
        Builder connectRetry(Duration time);

        /**
         * How long each request may take, and each call that waits for the store alone. Default 5 s.
         *
         * @param timeout from 1 ms to a day
         * @return this builder
         */
        Builder operationTimeout(Duration timeout);

        /**
         * As whom to connect. Not together with credentials in the URI. The password stays in memory as long as the
         * builder or a client that it connected, because the client logs in again whenever it lost its connection.
         *
         * @param user name of the user; empty for a store whose users have a password only
         * @param password copied; not empty
         * @return this builder
         */
        Builder credentials(String user, char[] password);

        /**
         * As whom to connect, with a password that may change. The supplier is asked at each login: when connecting, and
         * whenever a connection to the store is made again. So a new password takes effect without a new client.
         * Replaces the credentials that were given before, and cannot be combined with credentials in the URI.
         *
         * @param user name of the user; empty for a store whose users have a password only
         * @param password safe for use by multiple threads, and quick: connections wait for it. Gives an array of its
         *     own each time, which is overwritten after use. If it throws, or gives null or an empty array, the login fails
         *     as one that may be repeated
         * @return this builder
         */
        Builder credentials(String user, Supplier<char[]> password);

        /**
         * Whose certificates to trust. The connection is encrypted then.
         *
         * @param caCertificates a PEM file of certificates of authorities, the one form that all stores' clients take
         * @return this builder
         */
        Builder trust(Path caCertificates);

        /**
         * With which certificate to show who this client is.
         *
         * @param certificates a PEM file of the certificate chain
         * @param privateKey a PEM file of its key, PKCS #8
         * @return this builder
         */
        Builder identity(Path certificates, Path privateKey);

        /**
         * Where callbacks run. Default: daemon threads, made when needed, gone when idle. Callbacks may block in it; an
         * executor with few threads lets them wait for each other, and nothing else.
         *
         * @param executor never shut down here
         * @return this builder
         */
        Builder executor(Executor executor);

        /**
         * An observer of rare events. May be called several times: every observer hears everything, each in its own
         * order, and none waits for another. Default: nobody.
         *
         * @param observer called in threads of the {@link #executor}; may block, and misses events if it is too slow
         * @return this builder
         */
        Builder observer(SerenoObserver observer);

        /**
         * A meter, which counts and times. May be called several times: every meter is told everything. Default: nobody.
         *
         * @param meter called synchronously; must not block. {@link SerenoMeter} says when to use a meter, and when an
         *     observer
         * @return this builder
         */
        Builder meter(SerenoMeter meter);

        /**
         * Wraps the backend that the URI opens, for example to measure its requests or to cause faults in a test
         * environment. May be called several times: each wrapper gets what the one before returned. Not together with
         * {@link #backend}, which the caller can wrap itself.
         *
         * <p>The client uses what the wrapper returns, and nothing else: its {@link Backend#guarantees()} are checked against
         * {@link #require}, and its {@link Backend#close()} is called when the client is closed. So a wrapper has to pass
         * both on to the backend that it was given. If a wrapper throws or returns null, {@link #connect()} closes the
         * backend and what the wrappers before it have returned, the last of them first, and throws a
         * {@link SerenoConfigurationException}.
         *
         * @param wrapper called once for each {@link #connect()}, in the thread that connects
         * @return this builder
         */
        Builder wrap(UnaryOperator<Backend> wrapper);

        /**
         * What the store has to promise: otherwise {@link #connect()} fails. In a URI
         * {@code ?require=durable,fail-over-safe}. Adds to what was required before.
         *
         * @param promises all of which are required
         * @return this builder
         */
        Builder require(Promise... promises);

        /**
         * Another clock, for tests in virtual time. Over a {@link #backend} that was given, and beside an
         * {@link #executor}, no thread of this client's own does anything: a test that knows when its executor rests
         * knows when to move the time. The executor has to run its tasks in other threads then, as many as there are.
         *
         * @param time all time of the client and of a backend that it opens
         * @return this builder
         */
        Builder timeSource(TimeSource time);

        /**
         * Connects. Blocks until the store has answered, at most the connect timeout, or the time of
         * {@link #connectRetry} plus the connect timeout. It fails in the same way on every store:
         * {@link NotAppliedException} where waiting may help, {@link SerenoConfigurationException} where somebody has to
         * change something. An interrupt ends the call with a {@link NotAppliedException}, and the thread's interrupt
         * flag is set then.
         *
         * @return a new connection; to be closed
         * @throws SerenoConfigurationException if anything given is not as it must be, with all that was found wrong;
         *     or if the store refuses the user, the password or the certificate, or does not speak its protocol at that
         *     address, or speaks TLS where the URI does not or the other way round; or if the store holds a newer layout
         *     of the namespace than this version knows; or if it does not promise what is required, or cannot give the
         *     session ttl
         * @throws NotAppliedException if no store answers in time: nobody listens there, the host is not known, the server
         *     is frozen, or has no majority; or if the thread was interrupted
         */
        Sereno connect();
    }
}
