package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.ClientInfo;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that every client of a namespace needs: those of the namespace itself, the clock and the guards. The first client creates them. If
 * they are gone, because somebody removed them or the servers were replaced by empty ones, the client that notices creates them again.
 */
final class Namespace {
    /** The content of the clock: the layout number of everything stored here; docs/spec.md says what raises it. */
    static final byte[] FORMAT = "sereno/1\n".getBytes(UTF_8);

    private static final System.Logger LOG = System.getLogger(Namespace.class.getName());

    private final Connection connection;
    private final Watches watches;
    private final Attempt.Place place;
    private final AtomicBoolean making = new AtomicBoolean();
    /** Why the last attempt to create the nodes again failed; null if it succeeded, or there was none. */
    private volatile @Nullable Throwable refusal;

    Namespace(Connection connection, Watches watches, Attempt.Place place) {
        this.connection = connection;
        this.watches = watches;
        this.place = place;
    }

    Attempt.Place place() {
        return place;
    }

    /** Creates the nodes if they are missing and reads the guards, then continues. On failure the call fails. */
    void open(Asking asking, Runnable then) {
        if (!place.acl().hasToBeAsked()) {
            openNodes(asking, then);
            return;
        }
        asking.ask(Handle::asWhom, answer -> {
            List<ClientInfo> known = answer.value();
            if (!answer.isOk() || known == null) {
                asking.fail("reading the identities of this client", answer.code());
            } else if (place.acl().learn(known)) {
                openNodes(asking, then);
            } else {
                asking.call()
                        .fail(Failures.refused(
                                asking.call().what() + ": the server does not know this client by SASL"));
            }
        });
    }

    private void openNodes(Asking asking, Runnable then) {
        String clock = place.paths().clock();
        asking.ask(handle -> handle.data(clock), answer -> {
            if (answer.code() == Code.NONODE) {
                create(asking, new ArrayList<>(place.paths().ancestors()), then);
            } else if (!answer.isOk()) {
                asking.fail("reading " + clock, answer.code());
            } else if (!Arrays.equals(FORMAT, answer.value())) {
                asking.call().fail(Failures.refused(otherLayout(clock, answer.value())));
            } else {
                readGuards(asking, then);
            }
        });
    }

    private static String otherLayout(String clock, byte @Nullable [] found) {
        String text = found == null ? "" : new String(found, UTF_8);
        return "the node " + clock + " says that the namespace has "
                + (text.matches("sereno/[0-9]{1,9}\n")
                        ? "layout " + text.substring(7).strip() + ", and this version of Sereno knows layout 1; use the"
                                + " version of Sereno that the other clients use"
                        : "no layout of Sereno; another program wrote it");
    }

    /** Creates the ancestors, topmost first. */
    private void create(Asking asking, List<String> ancestors, Runnable then) {
        if (ancestors.isEmpty()) {
            createClock(asking, then);
            return;
        }
        String next = ancestors.remove(0);
        // Check first: a node that an administrator created may be in a place where we may create nothing. A node that
        // we are not allowed to read does exist.
        asking.ask(handle -> handle.roundTrip(next), seen -> {
            if (seen.isOk() || seen.code() == Code.NOAUTH) {
                create(asking, ancestors, then);
                return;
            }
            asking.ask(handle -> handle.transact(List.of(create(handle, next, new byte[0]))), answer -> {
                if (answer.isOk() || answer.code() == Code.NODEEXISTS) {
                    create(asking, ancestors, then);
                } else {
                    asking.fail("creating " + next, answer.code());
                }
            });
        });
    }

    private Op create(Handle handle, String path, byte[] value) {
        return Op.create(path, value, place.acl().list(handle), CreateMode.PERSISTENT);
    }

    private List<Op> creations(Handle handle) {
        List<Op> creations = new ArrayList<>();
        creations.add(create(handle, place.paths().clock(), FORMAT));
        for (int shard = 0; shard < Paths.GUARDS; shard++) {
            creations.add(create(handle, place.paths().guard(shard), new byte[0]));
        }
        return creations;
    }

    private void createClock(Asking asking, Runnable then) {
        asking.ask(handle -> handle.transact(creations(handle)), answer -> {
            if (answer.isOk() || answer.code() == Code.NODEEXISTS) {
                openNodes(asking, then);
            } else {
                asking.fail("creating " + place.paths().clock(), answer.code());
            }
        });
    }

    private void readGuards(Asking asking, Runnable then) {
        List<Op> reads = IntStream.range(0, Paths.GUARDS)
                .mapToObj(shard -> Op.getData(place.paths().guard(shard)))
                .toList();
        asking.ask(handle -> handle.transact(reads), answer -> {
            List<OpResult> results = answer.value();
            if (results == null || results.size() != Paths.GUARDS) {
                asking.fail("reading the guards of the namespace", answer.code());
                return;
            }
            for (int shard = 0; shard < Paths.GUARDS; shard++) {
                if (!(results.get(shard) instanceof OpResult.GetDataResult guard)) {
                    asking.call().fail(missing(shard, Reader.codeOf(results.get(shard))));
                    return;
                }
                place.remembered().madeAt(guard.getStat().getCzxid());
                place.remembered().guard(shard, guard.getStat().getVersion());
                if (guard.getStat().getMzxid() > Entry.MAX_REVISION) {
                    asking.call().fail(Failures.tooManyElections(guard.getStat().getMzxid()));
                    return;
                }
            }
            then.run();
        });
    }

    /** Perhaps all nodes are being removed now. A single guard is not created again: other clients remember its former version. */
    private BackendException missing(int shard, Code code) {
        String guard = place.paths().guard(shard);
        return code == Code.NONODE
                ? Failures.notNow("node " + guard + " is missing, which was created with "
                        + place.paths().clock()
                        + ". Stop all clients of the namespace, and remove the latter with all nodes below it")
                : Failures.ofRead("reading " + guard, code);
    }

    /**
     * The failure of a request that changed nothing, and was answered with this code for the clock or a guard. If the code says that they
     * are gone, they are created again, and the request may be repeated.
     */
    BackendException failure(String what, Code code) {
        if (code != Code.NONODE) {
            return Failures.ofRead(what, code);
        }
        Throwable refused = refusal;
        makeAgain();
        return refused instanceof BackendException known && known.permanent()
                ? Failures.refused(
                        what + ": the nodes of the namespace are gone, and could not be created again: "
                                + known.getMessage(),
                        known)
                : Failures.notNow(what + ": the nodes of the namespace were gone; they are being created again");
    }

    private void makeAgain() {
        if (!making.compareAndSet(false, true)) {
            return;
        }
        if (refusal == null) {
            LOG.log(
                    Level.WARNING,
                    () -> "the nodes of the namespace, with " + place.paths().clock()
                            + ", are gone: they were removed, or the servers lost their data. They are created again");
        }
        Call<Boolean> call = connection.calls().begin("creating the nodes of the namespace again");
        call.follow(call.stage().handle((made, failure) -> {
            ended(failure);
            return true;
        }));
        if (call.isOpen()) {
            open(new Asking(watches.link(), call), () -> call.end(true));
        }
    }

    private void ended(@Nullable Throwable failure) {
        boolean first = refusal == null;
        refusal = failure;
        making.set(false);
        if (failure == null) {
            LOG.log(
                    Level.INFO,
                    () -> "the nodes of the namespace, with " + place.paths().clock() + ", exist again");
            watches.reset();
        } else if (first && !connection.isClosed()) {
            LOG.log(Level.WARNING, "the nodes of the namespace could not be created again; retrying", failure);
        }
    }
}
