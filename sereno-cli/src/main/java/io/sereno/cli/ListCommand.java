package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "ls", description = "Lists what the namespace contains, of all kinds or of some.")
final class ListCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    Output output = new Output();

    @Parameters(
            paramLabel = "KIND",
            arity = "0..*",
            description = "As in lock or topic; a wrong kind gets the list of all.")
    List<String> kinds = List.of();

    @Override
    public Integer call() {
        Kind[] wanted = kinds.stream().map(Target::kind).toArray(Kind[]::new);
        try (Sereno sereno = store.connect()) {
            output.print(
                    List.of("resource", "kind", "namespace", "name"),
                    sereno.operator()
                            .resources(wanted)
                            .sorted(Comparator.comparing(Resource::toString))
                            .map(ListCommand::row)
                            .toList());
        }
        return Exit.OK;
    }

    private static List<Object> row(Resource resource) {
        return List.of(
                resource.toString(), resource.kind().word(), String.join("/", resource.namespace()), resource.name());
    }
}
