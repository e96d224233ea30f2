package io.sereno;

import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Release;
import io.sereno.operator.Seat;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * The examples of the Javadoc, each between two marks, so that they compile. {@link JavadocTest} sees that they are the
 * same, word for word. They are not run here: this module has no implementation.
 */
abstract class JavadocExamples {
    interface Ledger {
        Report closeMonth(long fencingToken);

        void book(Booking booking, long fencingToken);

        void stop(String why);
    }

    record Booking(long cents) {}

    record Report(String text) {}

    interface DueReports {
        void write(Instant due, long fencingToken);
    }

    interface Reports {
        void writeNext(long fencingToken);

        void readFrom(Optional<Peer> leader);
    }

    abstract void startWorkers();

    abstract void load(String task);

    abstract void serve();

    abstract void upload(BooleanSupplier goOn);

    abstract void train(int gpu, BooleanSupplier goOn);

    record Step(int number) {}

    abstract void work(Step step);

    void quickStart(Ledger ledger) throws InterruptedException {
        // example
        try (Sereno sereno = Sereno.connect("etcd://10.0.0.7:2379,10.0.0.8:2379/billing")) {
            Optional<Grant> attempt = sereno.mutex("close-month").tryAcquire(Duration.ofSeconds(5));
            if (attempt.isEmpty()) {
                return; // others were in front
            }
            try (Grant grant = attempt.get()) {
                ledger.closeMonth(grant.fencingToken()); // refuses a token lower than the greatest it has seen
            }
        }
        // end
    }

    void connecting() {
        // example
        try (Sereno sereno = Sereno.connect("etcd://10.0.0.7:2379/billing")) {
            long visits = sereno.counter("visits").incrementAndGet();
            System.out.println("visit " + visits);
        }
        // end
    }

    Release operator(Sereno sereno) throws InterruptedException {
        // example
        Operator operator = sereno.operator();
        QueueView queue = operator.queue(Kind.LOCK, "close-month").orElseThrow();
        Seat holder = queue.holders().get(0);
        System.out.println(holder.nodeId() + " on " + holder.host() + " since " + holder.since());
        Release release = operator.end(holder, "INC-42: hung since midnight");
        // end
        return release;
    }

    Sereno building(char[] password) {
        // example
        Sereno sereno = Sereno.builder()
                .uri("redis://cache.internal/billing")
                .credentials("billing", password)
                .sessionTtl(Duration.ofSeconds(15))
                .require(Promise.DURABLE)
                .connect();
        // end
        return sereno;
    }

    void grant(Sereno sereno, Ledger ledger, List<Booking> bookings) throws InterruptedException {
        // example
        try (Grant grant = sereno.mutex("close-month").acquire()) {
            grant.lost().thenAccept(cause -> ledger.stop("lost: " + cause));
            for (Booking booking : bookings) {
                if (!grant.isHeld()) {
                    break;
                }
                ledger.book(booking, grant.fencingToken());
            }
        }
        // end
    }

    void lock(Sereno sereno, Ledger ledger) {
        // example
        SerenoLock lock = sereno.mutex("close-month").asLock();
        lock.lock();
        try {
            ledger.closeMonth(lock.fencingToken());
        } finally {
            lock.unlock();
        }
        // end
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    void request(Mutex mutex, Ledger ledger) {
        // example
        CompletableFuture<Grant> request = mutex.acquireAsync();
        request.thenAccept(grant -> {
            try (grant) {
                ledger.closeMonth(grant.fencingToken());
            }
        });
        // end
    }

    long startValue(Sereno sereno) {
        // example
        Counter invoices = sereno.counter("invoices");
        invoices.setIfAbsent(10_000);
        long number = invoices.incrementAndGet();
        // end
        return number;
    }

    Report mutex(Sereno sereno, Ledger ledger) throws InterruptedException {
        // example
        Mutex mutex = sereno.mutex("close-month");
        Report report = mutex.call(grant -> ledger.closeMonth(grant.fencingToken()));
        // end
        return report;
    }

    void readWriteMutex(Sereno sereno, Ledger ledger) throws InterruptedException {
        // example
        ReadWriteMutex books = sereno.readWriteMutex("books");
        try (WriteGrant writing = books.acquireWrite()) {
            ledger.closeMonth(writing.fencingToken());
            try (Right reading = writing.downgrade()) { // others read again, and nobody writes
                while (reading.isHeld()) {
                    serve();
                }
            }
        }
        // end
    }

    void lockSet(Sereno sereno, Ledger ledger, List<Booking> bookings) throws InterruptedException {
        // example
        LockSet accounts = sereno.lockSet("accounts");
        try (Grant grant = accounts.acquire(Set.of("alice", "bob"))) {
            bookings.forEach(booking -> ledger.book(booking, grant.fencingToken()));
        }
        // end
    }

    void permitPool(Sereno sereno) throws InterruptedException {
        // example
        PermitPool uploads = sereno.permitPool("uploads", 5);
        try (Permit permit = uploads.acquire()) {
            upload(permit::isHeld); // in at most five processes and threads at the same time
        }
        // end
    }

    ScheduledTask task(Sereno sereno, DueReports reports) {
        // example
        ScheduledTask task = sereno.task("report")
                .every(Duration.ofMinutes(5))
                .ifRunnerLost(ScheduledTask.IfRunnerLost.RUN_AGAIN)
                .run(grant -> reports.write(grant.due(), grant.fencingToken()));
        // end
        return task;
    }

    void slotPool(Sereno sereno) throws InterruptedException {
        // example
        SlotPool gpus = sereno.slotPool("gpus", 4);
        try (Slot gpu = gpus.acquire()) {
            train(gpu.number(), gpu::isHeld); // on a GPU that nobody else uses
        }
        // end
    }

    void barrier(Sereno sereno, List<Step> steps, int number) throws InterruptedException {
        // example
        Barrier phase = sereno.barrier("phase", 3);
        for (Step step : steps) {
            work(step);
            phase.await("worker-" + number); // goes on when all three have arrived
        }
        // end
    }

    LeaderElection election(Sereno sereno, Reports reports) {
        // example
        LeaderElection election = sereno.election("reports")
                .metadata(Map.of("address", "10.0.0.7:8080"))
                .onElectedLeader((leadership, topology) -> {
                    while (leadership.isHeld()) {
                        reports.writeNext(leadership.fencingToken());
                    }
                })
                .onElectedFollower(topology -> reports.readFrom(topology.leader()))
                .start();
        // end
        return election;
    }

    long counter(Sereno sereno) {
        // example
        long visits = sereno.counter("visits").incrementAndGet();
        // end
        return visits;
    }

    void sharedValue(Sereno sereno) {
        // example
        SharedValue<String> banner = sereno.value("banner", Codec.utf8());
        banner.set("back at 12:00");
        try (CachedValue<String> cached = banner.cached()) {
            String text = cached.get().map(Versioned::value).orElse("welcome"); // asks nobody
            System.out.println(text);
        }
        // end
    }

    void awaitValue(Sereno sereno) throws InterruptedException {
        // example
        if (sereno.value("maintenance", Codec.utf8()).await("done"::equals, Duration.ofMinutes(5))) {
            serve();
        }
        // end
    }

    void sharedMap(Sereno sereno) {
        // example
        SharedMap<String> flags = sereno.map("flags", Codec.utf8());
        flags.at("dark-mode").set("on");
        try (CachedMap<String> cached = flags.cached()) {
            String mode = cached.get("dark-mode").map(Versioned::value).orElse("off"); // asks nobody
            System.out.println(mode);
        }
        // end
    }

    void awaitMap(Sereno sereno) throws InterruptedException {
        // example
        if (sereno.map("nodes", Codec.utf8()).await(nodes -> nodes.size() >= 3, Duration.ofMinutes(5))) {
            serve();
        }
        // end
    }

    void waitGroup(Sereno sereno) throws InterruptedException {
        // example
        WaitGroup group = sereno.waitGroup("import");
        group.add(5);
        startWorkers(); // each takes one of the five places by join()
        group.await();
        // end
    }

    void worker(Sereno sereno) {
        // example
        try (Worker worker = sereno.waitGroup("import").join()) {
            load(worker.id());
            worker.done();
        }
        // end
    }

    Subscription topic(Sereno sereno) {
        // example
        Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
        Subscription subscription =
                tasks.subscribe(message -> System.out.println(message.offset() + ": " + message.payload()));
        tasks.publish("new work: 123456789");
        // end
        return subscription;
    }

    void reader(Sereno sereno) throws InterruptedException {
        // example
        Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
        try (TopicReader<String> reader = tasks.reader(From.durable("loader"))) {
            while (true) {
                load(reader.next().payload()); // acknowledged by asking for the next one
            }
        }
        // end
    }

    Codec<UUID> codec() {
        // example
        Codec<UUID> ids = Codec.of(
                id -> id.toString().getBytes(StandardCharsets.US_ASCII),
                octets -> UUID.fromString(new String(octets, StandardCharsets.US_ASCII)));
        // end
        return ids;
    }

    void membership(Sereno sereno) throws InterruptedException {
        // example
        Membership api = sereno.membership("service/api");
        try (KeepAlive alive = api.join("node-1", Duration.ofSeconds(10))) {
            System.out.println(alive.id() + " is one of " + api.members().list().size());
            serve();
        }
        // end
    }

    void keepAlive(Sereno sereno) throws InterruptedException {
        // example
        try (KeepAlive alive = sereno.keepAlive("service/api", "node-1", Duration.ofSeconds(30))) {
            alive.onState(state -> System.out.println("now " + state));
            serve();
        }
        // end
    }

    void ids(Sereno sereno) {
        // example
        long id = sereno.ids("messages").nextId();
        IdLayout.Parts parts = IdLayout.SONYFLAKE.decode(id);
        System.out.println(id + " was made at " + parts.time());
        // end
    }

    SerenoObserver observer(System.Logger log) {
        // example
        SerenoObserver observer = new SerenoObserver() {
            @Override
            public void lost(String recipe, String name, long fencingToken, LossCause cause) {
                log.log(System.Logger.Level.WARNING, "lost {0} {1}: {2}", recipe, name, cause);
            }
        };
        // end
        return observer;
    }

    SerenoMeter meter() {
        // example
        LongAdder held = new LongAdder();
        SerenoMeter meter = new SerenoMeter() {
            @Override
            public void granted(String recipe, String name, long waitNanos) {
                held.increment();
            }

            @Override
            public void released(String recipe, String name, long holdNanos) {
                held.decrement();
            }

            @Override
            public void lost(String recipe, String name, LossCause cause, long holdNanos) {
                held.decrement();
            }
        };
        // end
        return meter;
    }

    CompletionStage<CommitResult> commit(Backend backend, Lease lease) {
        // example
        CompletionStage<CommitResult> result = backend.commit(Commit.to("lock/orders")
                .ifAbsent("session-1")
                .put("session-1", Bytes.utf8("owner and start time"), lease.id())
                .returningAll()
                .build());
        // end
        return result;
    }
}
