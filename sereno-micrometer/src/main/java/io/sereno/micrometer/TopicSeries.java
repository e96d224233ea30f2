package io.sereno.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.LongAdder;

/** The series of one name of a topic. */
final class TopicSeries {
    final LongAdder lag = new LongAdder();
    final Counter gaps;

    TopicSeries(MeterRegistry registry, Tags tags) {
        Gauge.builder("sereno.topic.lag", lag::sum)
                .description("Messages that are stored, and that readers of this client have not been given yet")
                .baseUnit("messages")
                .tags(tags)
                .register(registry);
        gaps = Counter.builder("sereno.topic.gaps")
                .description("Messages that readers missed")
                .baseUnit("messages")
                .tags(tags)
                .register(registry);
    }
}
