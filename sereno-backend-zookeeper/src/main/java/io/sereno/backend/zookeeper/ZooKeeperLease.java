package io.sereno.backend.zookeeper;

import io.sereno.spi.Lease;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A lease is a session of its own, which is never replaced by another session. An entry that is put under the lease is
 * bound to this session or is not put.
 *
 * <p>ZooKeeper's client renews a session by itself, for as long as the process lives. So the lease has a timer, set
 * with every renewal that is sent, which ends the session if it is not renewed. If the server cannot be reached, it
 * ends the session when it has received nothing for the session time.
 */
final class ZooKeeperLease implements Lease, Handle.Listener {
    private final Connection connection;
    private final Namespace namespace;
    private final Call<Lease> grant;
    private final Duration asked;
    private final Link link;
    private final LeaseSpace space = new LeaseSpace();

    private final SessionEnd end;

    /** All guarded by this. */
    private long id;

    private Duration ttl = Duration.ZERO;
    private boolean granted;
    private Runnable cancelTimer = () -> {};
    private Runnable cancelSign = () -> {};
    /** When the grant or the last renewal was sent. */
    private long sentAt;

    ZooKeeperLease(Connection connection, Namespace namespace, Call<Lease> grant, Duration asked) {
        this.connection = connection;
        this.namespace = namespace;
        this.grant = grant;
        this.asked = asked;
        this.link = new Link(connection, this);
        this.end = new SessionEnd(connection);
    }

    /** Begins the session. The grant ends when the session begins or ends, or with its call. */
    void open() {
        grant.atEnd(() -> {
            if (!isGranted()) {
                die();
            }
        });
        sent();
        try {
            connection.openHandle(connection.range().session(asked), link, link::attach);
        } catch (IOException | RuntimeException e) {
            link.die();
            end.isGone();
            connection.leases().remove(this);
            grant.fail(Failures.notNow(grant.what() + ": " + e));
        }
    }

    Link link() {
        return link;
    }

    LeaseSpace space() {
        return space;
    }

    boolean isDead() {
        return link.isDead();
    }

    private synchronized boolean isGranted() {
        return granted;
    }

    @Override
    public synchronized long id() {
        return id;
    }

    @Override
    public synchronized Duration ttl() {
        return ttl;
    }

    @Override
    public CompletionStage<Boolean> renew() {
        Call<Boolean> call = connection.calls().begin("renewing " + this);
        link.whenConnected(
                call,
                on -> {
                    if (!call.isOpen()) {
                        return;
                    }
                    sent();
                    call.follow(on.barrier(connection.paths().clock()).thenAccept(answer -> {
                        if (link.isDead()) {
                            call.end(false);
                        } else if (answer.isOk()) {
                            call.end(true);
                        } else {
                            call.fail(namespace.failure(call.what(), answer.code()));
                        }
                    }));
                },
                () -> call.end(false));
        return call.stage();
    }

    @Override
    public CompletionStage<Void> revoke() {
        Call<Boolean> call = connection.calls().begin("revoking " + this);
        if (call.isOpen()) {
            call.follow(end.gone().thenRun(() -> call.end(true)));
            die();
            askForEnd();
        }
        return call.stage().thenAccept(done -> {});
    }

    /** A renewal is sent now: the ttl starts again. */
    private void sent() {
        synchronized (this) {
            sentAt = connection.time().nanoTime();
        }
        arm();
    }

    private void arm() {
        Runnable before;
        Duration left;
        synchronized (this) {
            before = cancelTimer;
            left = left();
        }
        before.run();
        Runnable cancel = connection.time().schedule(left, Runnable::run, this::timerFired);
        synchronized (this) {
            cancelTimer = cancel;
        }
        if (link.isDead()) {
            cancel.run();
        }
    }

    /** Call under the lock. */
    private Duration left() {
        return (granted ? ttl : asked).minusNanos(connection.time().nanoTime() - sentAt);
    }

    /** {@link Range} says what signs of life are for. No caller waits for one, and its result does not matter. */
    private void showSignsOfLife() {
        Duration pause = connection.range().signs();
        if (pause.isZero() || link.isDead()) {
            return;
        }
        Runnable cancel = connection.time().schedule(pause, Runnable::run, () -> {
            Handle on = link.handle();
            if (on != null && link.isConnected()) {
                Call.followWithoutCall(on, on.roundTrip(connection.paths().clock()));
            }
            showSignsOfLife();
        });
        synchronized (this) {
            cancelSign = cancel;
        }
        if (link.isDead()) {
            cancel.run();
        }
    }

    private void timerFired() {
        boolean due;
        synchronized (this) {
            due = left().isNegative() || left().isZero();
        }
        if (due) {
            die();
        } else {
            arm();
        }
    }

    /** As {@link #die()}; completes when the server has ended the session. */
    CompletableFuture<Void> leave() {
        die();
        return end.gone();
    }

    /** Ends the lease here at once and permanently, and sends that to the server. */
    void die() {
        if (link.die()) {
            connection.leases().remove(this);
            cancelTimers();
            askForEnd();
        }
    }

    private void cancelTimers() {
        List<Runnable> timers;
        synchronized (this) {
            timers = List.of(cancelTimer, cancelSign);
        }
        timers.forEach(Runnable::run);
    }

    private void askForEnd() {
        Handle on = link.handle();
        if (on != null) {
            end.ask(on);
        }
    }

    @Override
    public void connected(Handle which) {
        Duration given = connection.range().ttl(Duration.ofMillis(which.getSessionTimeout()));
        synchronized (this) {
            if (granted) {
                return;
            }
            granted = given.compareTo(asked) >= 0 && !link.isDead();
            id = which.getSessionId();
            ttl = given;
        }
        if (!isGranted()) {
            die();
            grant.fail(Failures.refused(grant.what() + ": the server gives no more than " + given));
            return;
        }
        connection.leases().granted(this);
        showSignsOfLife();
        grant.end(this);
    }

    @Override
    public void disconnected(Handle which) {}

    @Override
    public void ended(Handle which, boolean refused) {
        link.die();
        connection.leases().remove(this);
        if (!isGranted()) {
            grant.fail(
                    refused
                            ? Failures.refused(grant.what() + ": ZooKeeper refused the credentials")
                            : Failures.notNow(grant.what() + ": the session ended before it was granted"));
        }
        end.isGone();
        connection.release(which);
    }

    @Override
    public void changed(String path, long zxid) {}

    @Override
    public String toString() {
        return "lease " + Long.toHexString(id());
    }
}
