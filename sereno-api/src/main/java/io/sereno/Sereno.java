package io.sereno;

import io.sereno.operator.Operator;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A client of one store under one namespace: the entry point to every recipe. One instance is enough for a process.
 *
 * <pre>{@code
 * try (Sereno sereno = Sereno.connect("etcd://10.0.0.7:2379/billing")) {
 *     long visits = sereno.counter("visits").incrementAndGet();
 *     System.out.println("visit " + visits);
 * }
 * }</pre>
 *
 * <p>The client holds everything under a <em>session</em>: a lease of the store, renewed every third of its ttl. If the
 * session is lost, everything held under it is lost too, and each holder is notified; then the client opens a new
 * session and continues. It is never necessary to connect again.
 *
 * <p>Methods that make a recipe object, like {@link #mutex}, do no I/O and hold nothing. Objects with the same name are
 * the same lock, counter or topic, in this process and in all others that use the same store and namespace. Recipes of
 * different kinds never share anything, whatever their names.
 *
 * <p><b>Names</b> are well-formed Unicode without U+0000, not empty, of at most {@value #MAX_NAME_BYTES} bytes of
 * UTF-8. No character has a special meaning, slashes and dots included. Where an entry is made of two names, like those
 * of a group and a member, both have to fit into the {@value io.sereno.spi.Names#MAX_BYTES} bytes that a directory and
 * an entry have together; otherwise an {@link IllegalArgumentException} is thrown.
 *
 * <p><b>Guarantees.</b> A client treats a right as held only until <em>the time of sending the last renewal that was
 * acknowledged + ttl - margin</em>, on this process's monotonic clock. So a holder that is cut off, or was paused,
 * stops by itself before the store gives its right away, without asking the store. The margin is the greater of 50 ms
 * and a twentieth of the ttl.
 *
 * <p><b>Not guaranteed.</b> That no pause happens between reading the clock and the effect; nor that clocks differ in
 * speed by no more than the margin allows for. {@link Grant#fencingToken()} protects against both.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Sereno extends AutoCloseable {
    /** The most bytes of UTF-8 that a name may take. */
    int MAX_NAME_BYTES = 400;

    /**
     * Connects to the store that the environment names, as {@link Builder#connect()} does. The URI is the system
     * property {@code sereno.uri}, else the environment variable {@code SERENO_URI}, else the default address of the
     * only backend on the class path that has one. It never connects to memory unless asked to: a jar left out by
     * mistake must not give every process a lock of its own.
     *
     * @return a new connection; to be closed
     * @throws SerenoConfigurationException if there is no backend, there are several and no URI, or the URI is invalid;
     *     or if the store refuses this client for a reason that does not go away by waiting
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
     * {@code connect-retry} and {@code operation-timeout}, which correspond to the methods of {@link Builder}, and
     * those of the backend; unknown parameters are refused. {@code uri} is a String because {@link java.net.URI}
     * refuses {@code memory:} and lists of hosts.
     *
     * @param uri where the store is
     * @return a new connection; to be closed
     * @throws SerenoConfigurationException if the URI is invalid, or if there is no backend, or more than one, for its
     *     scheme; or if the store refuses this client for a reason that does not go away by waiting
     * @throws NotAppliedException if no store answers in time
     */
    static Sereno connect(String uri) {
        return builder().uri(uri).connect();
    }

    /**
     * Makes a builder with the defaults.
     *
     * @return a new builder
     * @throws SerenoConfigurationException if the jar of the recipes is missing or present twice
     */
    static Builder builder() {
        return SerenoFactory.load().newBuilder();
    }

    /**
     * Makes a client of a backend that is already open: for tests, dependency injection and custom stores.
     *
     * @param backend stays open when the result is closed
     * @return a new client of that backend; to be closed
     * @throws SerenoConfigurationException if the jar of the recipes is missing or present twice, or the backend does
     *     not support the default session ttl
     */
    static Sereno over(Backend backend) {
        return builder().backend(backend).connect();
    }

    /**
     * The mutex of this name.
     *
     * @param name of the mutex
     * @return an object that needs no closing; the call does no I/O
     */
    Mutex mutex(String name);

    /**
     * The lock with readers and writers of this name.
     *
     * @param name of the lock
     * @return an object that needs no closing; the call does no I/O
     */
    ReadWriteMutex readWriteMutex(String name);

    /**
     * The locks over several names at once of this domain.
     *
     * @param domain within which the names of the locks are unique
     * @return an object that needs no closing; the call does no I/O
     */
    LockSet lockSet(String domain);

    /**
     * The pool of permits of this name.
     *
     * @param name of the pool
     * @param limit how many permits there are, 0 or more, if no limit is stored yet; a stored limit wins, and {@link
     *     PermitPool#setLimit} changes it
     * @return an object that needs no closing; the call does no I/O
     * @throws IllegalArgumentException if the limit is negative
     */
    PermitPool permitPool(String name, int limit);

    /**
     * The pool of numbered slots of this name.
     *
     * @param name of the pool
     * @param count how many numbers there are for the callers of this object, from 0 on; 1 to {@value SlotPool#MAX_COUNT}; not stored
     * @return an object that needs no closing; the call does no I/O
     * @throws IllegalArgumentException if the count is out of range
     */
    SlotPool slotPool(String name, int count);

    /**
     * The barrier of this name.
     *
     * @param name of the barrier
     * @param parties how many parties cross together, 1 to {@value Barrier#MAX_PARTIES}; the same number for all callers
     * @return an object that needs no closing; the call does no I/O
     * @throws IllegalArgumentException if the number of parties is out of range
     */
    Barrier barrier(String name, int parties);

    /**
     * A candidate in the election of this name. Each call makes a new candidate, also within one process.
     *
     * @param name of the election
     * @return a candidate that is not started; no I/O; to be closed
     */
    LeaderElection election(String name);

    /**
     * The scheduled task of this name. Each call makes a new participant, also within one process.
     *
     * @param name of the task
     * @return a participant that has not begun; no I/O; to be closed
     */
    ScheduledTask task(String name);

    /**
     * The counter of this name.
     *
     * @param name of the counter
     * @return an object that needs no closing; the call does no I/O
     */
    Counter counter(String name);

    /**
     * The shared value of this name.
     *
     * @param <T> the type of the value
     * @param name of the value
     * @param codec converts values to bytes and back; all users of the value have to agree on it
     * @return an object that needs no closing; the call does no I/O
     */
    <T> SharedValue<T> value(String name, Codec<T> codec);

    /**
     * The map of this name. It has no value until one is set.
     *
     * @param <T> the type of its values
     * @param name of the map
     * @param codec converts values to bytes and back; all users of the map have to agree on it
     * @return an object that needs no closing; the call does no I/O
     */
    <T> SharedMap<T> map(String name, Codec<T> codec);

    /**
     * The wait group of this name.
     *
     * @param name of the wait group
     * @return an object that needs no closing; the call does no I/O
     */
    WaitGroup waitGroup(String name);

    /**
     * The topic of this name.
     *
     * @param <T> the type of its messages
     * @param name of the topic
     * @param codec converts messages to bytes and back; all users of the topic have to agree on it
     * @return an object that needs no closing; the call does no I/O
     */
    <T> Topic<T> topic(String name, Codec<T> codec);

    /**
     * The group of this name.
     *
     * @param group name of the group
     * @return an object that needs no closing; the call does no I/O
     */
    Membership membership(String group);

    /**
     * Announces that this member of the group is alive: {@link Membership#join(String, Duration)
     * membership(group).join(id, ttl)}.
     *
     * @param group name of the group
     * @param id of the member, unique in the group
     * @param ttl how long others still see it after its process died; renewed every third of the ttl
     * @return keeps the member listed until it is closed
     * @throws InterruptedException if interrupted while waiting for the entry of a predecessor to disappear; nothing is
     *     listed then
     * @throws DuplicateMemberException if another live member has this id
     */
    KeepAlive keepAlive(String group, String id, Duration ttl) throws InterruptedException;

    /**
     * Ids of {@link IdLayout#SONYFLAKE}, unique among all generators of this name in this namespace.
     *
     * @param name of the generators
     * @return an object that needs no closing; the call does no I/O
     */
    IdGenerator ids(String name);

    /**
     * Ids of another layout, unique among all generators of this name in this namespace, provided that all of them use
     * it.
     *
     * @param name of the generators
     * @param layout of the ids
     * @return an object that needs no closing; the call does no I/O
     */
    IdGenerator ids(String name, IdLayout layout);

    /**
     * The same connection and session under a child of this namespace, which is <em>not</em> the namespace that a longer
     * URI reaches: {@code sereno.withNamespace("eu")} under the namespace {@code billing} of a URI shares no names with
     * a URI that ends in {@code /billing/eu}. A child shares no names with its parent or with other children. The names
     * of nested children take at most 64 bytes of UTF-8 together, plus two bytes for each child.
     *
     * @param child name of the child; names that begin with {@code sereno-} are reserved
     * @return a view, for which {@link #close()} does nothing
     * @throws IllegalArgumentException if the name is reserved, too long, empty, or not well-formed Unicode without
     *     U+0000
     */
    Sereno withNamespace(String child);

    /**
     * What the clients of this namespace and its children hold and await, and how to take a right away.
     *
     * @return an object that needs no closing; the call does no I/O
     */
    Operator operator();

    /**
     * The id under which others see this client.
     *
     * @return as given to the builder, or else made from host name, process id and eight random characters
     */
    String nodeId();

    /**
     * The state of the current session. For display: the holder of a right asks {@link Grant#isHeld()}.
     *
     * @return the state; the call never waits
     */
    SessionState sessionState();

    /**
     * Calls back with the present state, then at each change of the session's state, in order. The last call is
     * {@link SessionState#CLOSED} when this client is closed; {@link #close()} waits for it, at most 4 s, unless
     * {@link #close()} is called inside a callback or {@link Mutex#call}. No state is reported twice in a row. States
     * that follow each other quickly may be merged into the last one, and a callback that is 1,000 states behind misses
     * some in between. The call does not wait for the store.
     *
     * @param callback receives the state; runs off I/O threads, one call at a time
     * @return ends the calls when it is closed, then without {@link SessionState#CLOSED};
     *     {@link Subscription#ended()} fails with {@link SerenoClosedException} when this client is closed
     * @throws SerenoClosedException if this client is closed
     */
    Subscription onSessionState(Consumer<SessionState> callback);

    /**
     * What this store promises, as plain facts: what survives a fail-over, the shortest ttl, how late leases may end.
     *
     * @return always the same facts; the call does no I/O
     */
    Guarantees guarantees();

    /**
     * Releases what is held, withdraws waiting requests, ends callbacks and closes the connection, unless the backend
     * was given. Rights that were held are lost with {@link LossCause#SERENO_CLOSED}. Calls that wait for others end
     * with {@link SerenoClosedException}, as does every later call that would need the store. Calls that wait for the
     * store alone end within their time and report their outcome as always. Blocks for 5 s at most, even if the server
     * is frozen. For 4 s of these, requests that got no answer are repeated, so a store that answers by then has freed
     * everything. An entry that was not released expires with the session, at the end of its ttl. Not interruptible.
     * Idempotent: a second call returns at once, also while the first one waits. Inside a callback it does not wait for
     * that callback, nor for the last call of {@link #onSessionState}.
     */
    @Override
    void close();

    /**
     * The configuration of a client. {@link #connect()} checks it as a whole, before any I/O. {@code toString()} shows
     * no secret.
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
         * Sets the address of the store. Not together with {@link #backend}.
         *
         * @param uri as for {@link Sereno#connect(String)}
         * @return this builder
         */
        Builder uri(String uri);

        /**
         * Sets a backend that is already open, instead of a URI. It stays open. Settings for opening a backend
         * (credentials, certificates and connect timeout) are refused together with it.
         *
         * @param backend not closed by {@link Sereno#close()}
         * @return this builder
         */
        Builder backend(Backend backend);

        /**
         * Sets the namespace in which the client keeps everything. Not together with a namespace in the URI. With a
         * {@link #backend} it is a child of the backend's own namespace, as by {@link Sereno#withNamespace}, and must
         * not begin with {@code sereno-}.
         *
         * @param namespace at most 64 bytes of UTF-8; segments between slashes, none of them empty
         * @return this builder
         */
        Builder namespace(String namespace);

        /**
         * Sets the id under which others see this client. Two clients may have the same id; they are still two clients.
         * Default: host name, process id, eight random characters.
         *
         * <p>Privacy: anyone who may read the namespace can read the node id of each client. Whatever the node id is,
         * the marker of each session also contains the name of the host and the process id, for operators. No name
         * service is asked for the host name.
         *
         * @param nodeId for people to read; up to 200 bytes of UTF-8
         * @return this builder
         */
        Builder nodeId(String nodeId);

        /**
         * Sets how long what this client holds outlives it: fail-over takes this time plus the store's lateness. The
         * session is renewed every third of the ttl. Default 10 s; 4 to 38 s fit every store with its usual settings,
         * including {@code tickTime=2000} of ZooKeeper. A ttl that the store does not support is refused.
         *
         * @param ttl at least 200 ms and at most a day
         * @return this builder
         */
        Builder sessionTtl(Duration ttl);

        /**
         * Sets how long one attempt to connect may wait for the store. Default 5 s. An attempt fails earlier if nothing
         * listens at the address; {@link #connectRetry} repeats it. In a URI {@code ?connect-timeout=2s}.
         *
         * @param timeout from 1 ms to a day
         * @return this builder
         */
        Builder connectTimeout(Duration timeout);

        /**
         * Sets for how long {@link #connect()} repeats an attempt that found no store: for applications that may start
         * before their store does. Default zero: one attempt. Each attempt has the connect timeout, and there is a
         * pause of at most 2 s before the next one; no attempt begins after this time. The first failure is logged. A
         * failure that does not go away by waiting ends the call at once. In a URI {@code ?connect-retry=2m}.
         *
         * @param time from zero to a day, counted from the call of {@link #connect()}
         * @return this builder
         */
        Builder connectRetry(Duration time);

        /**
         * Sets how long each request, and each call that waits for the store alone, may take. Default 5 s.
         *
         * @param timeout from 1 ms to a day
         * @return this builder
         */
        Builder operationTimeout(Duration timeout);

        /**
         * Sets the user and password. Not together with credentials in the URI. The password stays in memory as long as
         * the builder or a client that it connected, because the client logs in again whenever it has lost its
         * connection.
         *
         * @param user name of the user; empty for a store that needs a password only
         * @param password copied; not empty
         * @return this builder
         */
        Builder credentials(String user, char[] password);

        /**
         * Sets the user, with a password that may change. The supplier is called at each login: when connecting, and
         * whenever a connection to the store is made again. So a new password takes effect without a new client.
         * Replaces credentials that were given before, and cannot be combined with credentials in the URI.
         *
         * @param user name of the user; empty for a store that needs a password only
         * @param password safe for use by multiple threads, and quick: connections wait for it. Returns a new array
         *     each time, which is overwritten after use. If it throws, or returns null or an empty array, the login
         *     fails in a way that permits a retry
         * @return this builder
         */
        Builder credentials(String user, Supplier<char[]> password);

        /**
         * Sets the certificate authorities to trust. The connection is encrypted then.
         *
         * @param caCertificates a PEM file of certificates of authorities, the one format that the clients of all
         *     stores accept
         * @return this builder
         */
        Builder trust(Path caCertificates);

        /**
         * Sets the certificate by which this client identifies itself.
         *
         * @param certificates a PEM file of the certificate chain
         * @param privateKey a PEM file of its key, PKCS #8
         * @return this builder
         */
        Builder identity(Path certificates, Path privateKey);

        /**
         * Sets the executor of callbacks. Default: daemon threads, created when needed, ended when idle. Callbacks may
         * block in it. In an executor with few threads callbacks wait for each other, and {@link Sereno#close()} waits
         * for those that have begun and for the last call of {@link Sereno#onSessionState}; nothing else waits for them.
         *
         * @param executor never shut down here
         * @return this builder
         */
        Builder executor(Executor executor);

        /**
         * Adds an observer of rare events. May be called several times: every observer receives all events, each in its
         * own order, and none waits for another. Default: none.
         *
         * @param observer called in threads of the {@link #executor}; may block, and misses events if it is too slow
         * @return this builder
         */
        Builder observer(SerenoObserver observer);

        /**
         * Adds a meter, which counts and times. May be called several times: every meter receives everything. Default:
         * none.
         *
         * @param meter called synchronously; must not block. {@link SerenoMeter} says when to use a meter, and when an
         *     observer
         * @return this builder
         */
        Builder meter(SerenoMeter meter);

        /**
         * Opens the backend of the URI by this function, and not by the one that is found for the scheme. For backends over what the
         * application already has, such as {@code RedisBackends.open(config, clientResources)}. The jar of the backend has to be
         * there all the same: it knows the schemes. Not together with {@link #backend}.
         *
         * @param opener gets what the URI and this builder say, and returns a new backend, which {@link Sereno#close()} closes;
         *     called once for each attempt of {@link #connect()}, in the thread that connects. It may throw what
         *     {@link io.sereno.spi.BackendProvider#open} may throw
         * @return this builder
         */
        Builder opener(Function<? super BackendConfig, ? extends Backend> opener);

        /**
         * Wraps the backend that the URI opens, for example to measure its requests or to cause faults in a test
         * environment. May be called several times: each wrapper gets what the one before returned. Not together with
         * {@link #backend}, which the caller can wrap itself.
         *
         * <p>The client uses only what the wrapper returns: its {@link Backend#guarantees()} are checked against
         * {@link #require}, and its {@link Backend#close()} is called when the client is closed. So a wrapper has to
         * pass both on to the backend that it was given. If a wrapper throws or returns null, {@link #connect()} closes
         * the backend and the results of earlier wrappers, the last of them first, and throws a
         * {@link SerenoConfigurationException}.
         *
         * @param wrapper called once for each {@link #connect()}, in the thread that connects
         * @return this builder
         */
        Builder wrap(UnaryOperator<Backend> wrapper);

        /**
         * Requires promises of the store: without them {@link #connect()} fails. In a URI
         * {@code ?require=durable,fail-over-safe}. Adds to what was required before.
         *
         * @param promises the promises, all of which are required
         * @return this builder
         */
        Builder require(Promise... promises);

        /**
         * Sets another clock, for tests in virtual time. If a {@link #backend} and an {@link #executor} are given too,
         * the client does nothing in threads of its own: a test that knows when its executor is idle knows when to
         * advance the time. The executor then has to run its tasks in other threads, with a thread for every task.
         *
         * @param time the only clock of the client and of a backend that it opens
         * @return this builder
         */
        Builder timeSource(TimeSource time);

        /**
         * Connects. Blocks until the store has answered, at most the connect timeout, or the time of
         * {@link #connectRetry} plus the connect timeout. It fails in the same way on every store: with
         * {@link NotAppliedException} if waiting may help, with {@link SerenoConfigurationException} if somebody has to
         * change something. An interrupt ends the call with a {@link NotAppliedException}, and the thread's interrupt
         * flag is set then.
         *
         * @return a new connection; to be closed
         * @throws SerenoConfigurationException if a setting is invalid, naming all errors that were found; or if the
         *     store refuses the user, the password or the certificate, or does not speak its protocol at that address,
         *     or speaks TLS where the URI does not or the other way round; or if the store holds a newer layout of the
         *     namespace than this version knows; or if it does not promise what is required, or does not support the
         *     session ttl
         * @throws NotAppliedException if no store answers in time: nothing listens there, the host is not known, the
         *     server is frozen, or has no majority; or if the thread was interrupted
         */
        Sereno connect();
    }
}
