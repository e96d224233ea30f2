package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * What happens once, when a client connects:
 *
 * <ol>
 *   <li>the nodes of the namespace are made, if this is its first client;
 *   <li>the guards are read;
 *   <li>whether this is an ensemble is read, unless the slack was given;
 *   <li>two short sessions ask for very little and for very much time: what they get is what the servers give.
 * </ol>
 */
final class Opening {
    /** What the clock holds: the format of all that is stored here. */
    static final byte[] FORMAT = "sereno/1\n".getBytes(UTF_8);

    /** The server's own description of the ensemble. */
    private static final String ENSEMBLE = "/zookeeper/config";

    /** With less, a client gives up on a connection that takes its time. */
    private static final Duration LITTLE = Duration.ofSeconds(1);

    private static final Duration MUCH = Duration.ofDays(1);

    private final Connection connection;
    private final Link main;
    private final Attempt.Place place;
    private final Call<Boolean> call;
    private final Optional<Duration> givenSlack;

    Opening(Connection connection, Link main, Attempt.Place place, Optional<Duration> givenSlack) {
        this.connection = connection;
        this.main = main;
        this.place = place;
        this.givenSlack = givenSlack;
        this.call = new Call<>("connecting to ZooKeeper at " + connection.hosts(), Runnable::run);
    }

    /** Blocks until all is known, for the connect timeout at most. */
    void await(BackendConfig config) {
        start();
        try {
            awaitEnd(config, call.stage().toCompletableFuture());
        } catch (TimeoutException e) {
            throw new BackendException(
                    BackendException.Outcome.NOT_APPLIED,
                    false,
                    call.what() + ": no answer within "
                            + config.connectTimeout().toMillis()
                            + " ms; does a server run there, and do most of the ensemble's?",
                    e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BackendException known
                    ? known
                    : Failures.notNow(call.what() + ": " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.notNow(call.what() + ": interrupted");
        }
    }

    /** With TLS, who has no connection after half of the time is told why not: ZooKeeper's client does not tell. */
    private void awaitEnd(BackendConfig config, CompletableFuture<Boolean> end)
            throws ExecutionException, InterruptedException, TimeoutException {
        Duration rest = config.connectTimeout();
        if (connection.tls().isPresent()) {
            Duration half = rest.dividedBy(2);
            try {
                end.get(half.toNanos(), TimeUnit.NANOSECONDS);
                return;
            } catch (TimeoutException e) {
                Duration each = half.dividedBy(4L * config.endpoints().size());
                Optional<String> trouble = main.isConnected()
                        ? Optional.empty()
                        : connection.tls().get().trouble(config.endpoints(), each);
                if (trouble.isPresent()) {
                    throw Failures.refused(call.what() + ": " + trouble.get());
                }
                rest = half.dividedBy(4);
            }
        }
        end.get(rest.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends the call when all is known. */
    private void start() {
        ask(handle -> handle.data(place.paths().clock()), answer -> {
            if (answer.code() == Code.NONODE) {
                create(new ArrayList<>(place.paths().ancestors()));
            } else if (!answer.isOk()) {
                fail("reading " + place.paths().clock(), answer.code());
            } else if (!Arrays.equals(FORMAT, answer.value())) {
                call.fail(
                        Failures.refused(
                                place.paths().clock()
                                        + " holds something else than the format sereno/1: another program's node, or another version's"));
            } else {
                readGuards();
            }
        });
    }

    /** Step 1, from the top. */
    private void create(List<String> ancestors) {
        if (ancestors.isEmpty()) {
            createClock();
            return;
        }
        String next = ancestors.remove(0);
        // Looked at first: one that an administrator made may stand where we may create nothing.
        ask(handle -> handle.roundTrip(next), seen -> {
            if (seen.isOk()) {
                create(ancestors);
                return;
            }
            Op creation = Op.create(next, new byte[0], place.acl(), CreateMode.PERSISTENT);
            ask(handle -> handle.transact(List.of(creation)), answer -> {
                if (answer.isOk() || answer.code() == Code.NODEEXISTS) {
                    create(ancestors);
                } else {
                    fail("creating " + next, answer.code());
                }
            });
        });
    }

    private void createClock() {
        List<Op> creations = new ArrayList<>();
        creations.add(Op.create(place.paths().clock(), FORMAT, place.acl(), CreateMode.PERSISTENT));
        for (int shard = 0; shard < Paths.GUARDS; shard++) {
            creations.add(Op.create(place.paths().guard(shard), new byte[0], place.acl(), CreateMode.PERSISTENT));
        }
        ask(handle -> handle.transact(creations), answer -> {
            if (answer.isOk() || answer.code() == Code.NODEEXISTS) {
                start();
            } else {
                fail("creating " + place.paths().clock(), answer.code());
            }
        });
    }

    /** Step 2. */
    private void readGuards() {
        List<Op> reads = IntStream.range(0, Paths.GUARDS)
                .mapToObj(shard -> Op.getData(place.paths().guard(shard)))
                .toList();
        ask(handle -> handle.transact(reads), answer -> {
            List<OpResult> results = answer.value();
            if (!answer.isOk() || results == null) {
                fail("reading the guards of the namespace", answer.code());
                return;
            }
            for (int shard = 0; shard < Paths.GUARDS; shard++) {
                OpResult.GetDataResult guard = (OpResult.GetDataResult) results.get(shard);
                place.sightings().guard(shard, guard.getStat().getVersion());
                if (guard.getStat().getMzxid() > Entry.MAX_REVISION) {
                    call.fail(Failures.tooManyElections(guard.getStat().getMzxid()));
                    return;
                }
            }
            if (givenSlack.isPresent()) {
                askForRange(least -> givenSlack.get());
            } else {
                readEnsemble();
            }
        });
    }

    /** Step 3. Who may not read it is taken for the client of an ensemble, to be on the safe side. */
    private void readEnsemble() {
        ask(handle -> handle.data(ENSEMBLE), answer -> {
            byte[] ensemble = answer.value();
            boolean standalone =
                    answer.isOk() && (ensemble == null || !new String(ensemble, UTF_8).contains("server."));
            askForRange(standalone ? least -> Duration.ZERO : Range::usualSlack);
        });
    }

    /** Step 4. Both are asked of one server, the one that we are connected to. */
    private void askForRange(UnaryOperator<Duration> slack) {
        main.whenConnected(
                call,
                handle -> {
                    String server = handle.server(connection.hosts());
                    var least = RangeProbe.ask(connection, call, server, LITTLE);
                    var greatest = RangeProbe.ask(connection, call, server, MUCH);
                    call.follow(least.thenAcceptBoth(greatest, (min, max) -> {
                        connection.range(new Range(min, max, slack.apply(min)));
                        call.end(true);
                    }));
                },
                this::dead);
    }

    /** Repeats what got no answer, since nothing here does harm when done twice, until the call ends. */
    private <T> void ask(Function<Handle, CompletableFuture<Answer<T>>> request, Consumer<Answer<T>> then) {
        main.whenConnected(
                call,
                handle -> call.follow(request.apply(handle).thenAccept(answer -> {
                    if (answer.code() != Code.CONNECTIONLOSS && answer.code() != Code.SESSIONEXPIRED) {
                        then.accept(answer);
                    } else if (call.isOpen()) {
                        ask(request, then);
                    }
                })),
                this::dead);
    }

    private void fail(String what, Code code) {
        call.fail(Failures.ofRead(call.what() + ": " + what, code));
    }

    private void dead() {
        call.fail(Failures.ofRead(call.what(), Code.AUTHFAILED));
    }
}
