package io.sereno.tck.spi;

import io.sereno.spi.TimeSource;
import io.sereno.tck.run.Bench;
import io.sereno.tck.time.MachineTime;
import io.sereno.tck.time.Pace;
import java.time.Duration;

/** A client's clock with a settable time of day. */
interface WallClock extends AutoCloseable {
    TimeSource time();

    void jump(Duration by);

    @Override
    void close();

    static WallClock of(Bench bench) {
        return bench.kit().pace() instanceof Pace.Manual manual ? new Manual(manual) : new Machine(new MachineTime());
    }

    /** All clients share the same clock. */
    record Manual(Pace.Manual pace) implements WallClock {
        @Override
        public TimeSource time() {
            return pace.time();
        }

        @Override
        public void jump(Duration by) {
            pace.time().jumpWall(by);
        }

        @Override
        public void close() {}
    }

    /** A clock of one client. */
    record Machine(MachineTime time) implements WallClock {
        @Override
        public void jump(Duration by) {
            time.jumpWall(by);
        }

        @Override
        public void close() {
            time.close();
        }
    }
}
