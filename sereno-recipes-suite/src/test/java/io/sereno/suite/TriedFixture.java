package io.sereno.suite;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.mutants.World;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.tck.faults.AboveTheNetwork;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/** Gives the kit a backend to test it with: one with a bug, or one that is as bad as the rules allow. */
final class TriedFixture implements BackendFixture, ServerControl, AboveTheNetwork {
    private final World world;

    TriedFixture(World world) {
        this.world = world;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return world.connect(config);
    }

    @Override
    public Backend above(Backend network, Executor executor) {
        return world.above(network, executor);
    }

    @Override
    public boolean inProcess() {
        return true;
    }

    @Override
    public Optional<ManualTime> clock() {
        return Optional.of(world.time());
    }

    /** An adversary has state of its own beside the store, which cannot be restored. */
    @Override
    public Optional<ServerControl> server() {
        return world.canBeRestored() ? Optional.of(this) : Optional.empty();
    }

    @Override
    public Set<Ability> abilities() {
        return Set.of(Ability.RESTORE);
    }

    @Override
    public void backup() {
        world.backup();
    }

    @Override
    public void restore() {
        world.restore();
    }

    @Override
    public void close() {
        world.close();
    }
}
