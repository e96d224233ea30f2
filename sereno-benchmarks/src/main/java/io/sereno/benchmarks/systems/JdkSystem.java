package io.sereno.benchmarks.systems;

import io.sereno.benchmarks.worker.Peer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The JDK's fair lock, beside the mutex on the store in memory. */
public final class JdkSystem implements Peer.Connector {
    private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

    @Override
    public Peer connect(Peer.Target target) {
        return new Peer() {
            @Override
            public Lock lock(String name) {
                return new FairLock(locks.computeIfAbsent(name, unused -> new ReentrantLock(true)));
            }
        };
    }

    private record FairLock(ReentrantLock lock) implements Peer.Lock {
        @Override
        public long acquire() {
            lock.lock();
            return 0;
        }

        @Override
        public void release() {
            lock.unlock();
        }

        @Override
        public boolean held() {
            return lock.isHeldByCurrentThread();
        }
    }
}
