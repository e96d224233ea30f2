package io.sereno.recipes;

import io.sereno.Barrier;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.LockSet;
import io.sereno.Membership;
import io.sereno.Mutex;
import io.sereno.PermitPool;
import io.sereno.ReadWriteMutex;
import io.sereno.ScheduledTask;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.SlotPool;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.WaitGroup;
import io.sereno.operator.Operator;
import io.sereno.recipes.barrier.BarrierRecipe;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.counter.CounterRecipe;
import io.sereno.recipes.election.ElectionRecipe;
import io.sereno.recipes.ids.IdGeneratorRecipe;
import io.sereno.recipes.locks.LockSetRecipe;
import io.sereno.recipes.locks.ReadWriteMutexRecipe;
import io.sereno.recipes.membership.MembershipRecipe;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.recipes.operator.OperatorRecipe;
import io.sereno.recipes.permits.PermitPoolRecipe;
import io.sereno.recipes.slots.SlotPoolRecipe;
import io.sereno.recipes.tasks.ScheduledTaskRecipe;
import io.sereno.recipes.topic.TopicRecipe;
import io.sereno.recipes.value.SharedMapRecipe;
import io.sereno.recipes.value.SharedValueRecipe;
import io.sereno.recipes.waitgroup.WaitGroupRecipe;
import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Names;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/** The entry point to the recipes below one namespace. Views below a child namespace share the {@link Client}. Safe for use by multiple threads. */
public final class SerenoClient implements Sereno {
    private final Client client;
    private final Directories directories;
    private final boolean ownsClient;

    /** Begins to open a session, and does not wait for it. */
    public SerenoClient(Settings settings, Backend backend, boolean closesBackend) {
        this(new Client(settings, backend, closesBackend), Directories.below(settings.namespace()), true);
        client.open();
    }

    private SerenoClient(Client client, Directories directories, boolean ownsClient) {
        this.client = client;
        this.directories = directories;
        this.ownsClient = ownsClient;
    }

    @Override
    public Mutex mutex(String name) {
        return new MutexRecipe(client, name, directories.of("lock", name));
    }

    @Override
    public ReadWriteMutex readWriteMutex(String name) {
        return new ReadWriteMutexRecipe(client, name, directories.of("rwlock", name));
    }

    @Override
    public LockSet lockSet(String domain) {
        return new LockSetRecipe(client, domain, directories.of("lockset", domain));
    }

    @Override
    public PermitPool permitPool(String name, int limit) {
        return new PermitPoolRecipe(client, name, limit, directories.of("semaphore", name));
    }

    @Override
    public SlotPool slotPool(String name, int count) {
        return new SlotPoolRecipe(client, name, count, directories.of("slots", name));
    }

    @Override
    public LeaderElection election(String name) {
        return new ElectionRecipe(client, name, directories.of("election", name));
    }

    @Override
    public ScheduledTask task(String name) {
        return new ScheduledTaskRecipe(client, name, directories.of("task", name));
    }

    @Override
    public Counter counter(String name) {
        return new CounterRecipe(client, name, directories.of("counter", name));
    }

    @Override
    public <T> SharedValue<T> value(String name, Codec<T> codec) {
        return new SharedValueRecipe<>(client, name, directories.of("value", name), codec);
    }

    @Override
    public <T> SharedMap<T> map(String name, Codec<T> codec) {
        return new SharedMapRecipe<>(client, name, directories.of("map", name), codec);
    }

    @Override
    public WaitGroup waitGroup(String name) {
        return new WaitGroupRecipe(client, name, directories.of("waitgroup", name));
    }

    @Override
    public Barrier barrier(String name, int parties) {
        return new BarrierRecipe(client, name, parties, directories.of("barrier", name));
    }

    @Override
    public <T> Topic<T> topic(String name, Codec<T> codec) {
        return new TopicRecipe<>(client, directories, name, codec);
    }

    @Override
    public Membership membership(String group) {
        Names.check("group name", group, MAX_NAME_BYTES);
        return new MembershipRecipe(client, group, directories.of("member", group));
    }

    @Override
    public KeepAlive keepAlive(String group, String id, Duration ttl) throws InterruptedException {
        return membership(group).join(id, ttl);
    }

    @Override
    public IdGenerator ids(String name) {
        return ids(name, IdLayout.SONYFLAKE);
    }

    @Override
    public IdGenerator ids(String name, IdLayout layout) {
        return new IdGeneratorRecipe(client, name, directories.of("ids", name), layout);
    }

    @Override
    public Operator operator() {
        return new OperatorRecipe(client, directories);
    }

    public Client client() {
        return client;
    }

    @Override
    public Sereno withNamespace(String child) {
        return new SerenoClient(client, directories.child(child), false);
    }

    @Override
    public String nodeId() {
        return client.settings().nodeId();
    }

    @Override
    public SessionState sessionState() {
        return client.isClosed() ? SessionState.CLOSED : client.sessions().state();
    }

    @Override
    public Subscription onSessionState(Consumer<SessionState> callback) {
        return client.onSessionState(Objects.requireNonNull(callback, "callback is null"));
    }

    @Override
    public Guarantees guarantees() {
        return client.backend().guarantees();
    }

    @Override
    public void close() {
        if (ownsClient) {
            client.close();
        }
    }

    @Override
    public String toString() {
        return "Sereno[" + client.kernel().backend() + ", node " + nodeId() + "]";
    }
}
