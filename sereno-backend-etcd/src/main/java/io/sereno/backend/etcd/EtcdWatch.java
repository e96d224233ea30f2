package io.sereno.backend.etcd;

import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Watch;
import java.util.concurrent.CompletableFuture;

/** One watch of this client. */
final class EtcdWatch implements Watch {
    private final Watches watches;
    private final Watched watched;
    private final NoticeQueue notices;
    private final CompletableFuture<Watch> opened = new CompletableFuture<>();

    /**
     * Whether this watch is or was live: from then on it is notified of gaps. Guarded by the state of {@link Watches}.
     */
    boolean wasLive;

    EtcdWatch(Watches watches, Watched watched, NoticeQueue notices) {
        this.watches = watches;
        this.watched = watched;
        this.notices = notices;
    }

    Watched watched() {
        return watched;
    }

    NoticeQueue notices() {
        return notices;
    }

    CompletableFuture<Watch> opened() {
        return opened;
    }

    @Override
    public void cancel() {
        watches.cancel(this);
    }
}
