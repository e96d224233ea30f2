package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "ids",
        description =
                "Prints ids that are unique among all generators of this name, of the layout of Sonyflake, in increasing order.")
final class IdsCommand implements Callable<Integer> {
    private static final int MOST = 100_000;

    @Mixin
    Store store = new Store();

    @Parameters(paramLabel = "NAME", description = "The name of the generators.")
    String name = "";

    @Option(names = "--count", paramLabel = "N", defaultValue = "1", description = "How many (1).")
    int count = 1;

    @Override
    public Integer call() {
        Target.checkName(Kind.IDS, name);
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException("--count is " + count + "; 1 to " + MOST + " is accepted");
        }
        try (Sereno sereno = store.connect()) {
            for (long id : sereno.ids(name).nextIds(count)) {
                System.out.println(id);
            }
        }
        return Exit.OK;
    }
}
