package io.sereno.cli;

import io.sereno.Counter;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "counter",
        description =
                "Prints a counter; with --add or --set, changes it before that. A change whose outcome is unknown ends with code 69, and is not repeated.")
final class CounterCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Parameters(paramLabel = "NAME", description = "The name.")
    String name = "";

    @Option(names = "--add", paramLabel = "N", description = "Adds N, which may be negative.")
    @org.jspecify.annotations.Nullable
    Long add;

    @Option(names = "--set", paramLabel = "N", description = "Sets it to N.")
    @org.jspecify.annotations.Nullable
    Long set;

    @Override
    public Integer call() {
        Target.checkName(Kind.COUNTER, name);
        Long delta = add;
        Long value = set;
        if (delta != null && value != null) {
            throw new IllegalArgumentException("--add and --set exclude each other; give one of them");
        }
        ToLongFunction<Counter> change = delta != null
                ? counter -> counter.addAndGet(delta)
                : value != null
                        ? counter -> {
                            counter.set(value);
                            return value;
                        }
                        : Counter::get;
        try (Sereno sereno = store.connect()) {
            System.out.println(change.applyAsLong(sereno.counter(name)));
        }
        return Exit.OK;
    }
}
