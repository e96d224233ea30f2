package io.sereno.cli;

import io.sereno.Member;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "members", description = "Lists the members of a group. Exit code 1 if there are none.")
final class MembersCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    Output output = new Output();

    @Parameters(paramLabel = "GROUP", description = "The name of the group.")
    String group = "";

    @Override
    public Integer call() {
        Target.checkName(Kind.GROUP, group);
        try (Sereno sereno = store.connect()) {
            List<List<Object>> rows = sereno.membership(group).members().list().stream()
                    .map(MembersCommand::row)
                    .toList();
            output.print(List.of("id", "metadata"), rows);
            return rows.isEmpty() ? Exit.NOTHING : Exit.OK;
        }
    }

    private static List<Object> row(Member member) {
        return List.of(member.id(), metadata(member.metadata()));
    }

    static String metadata(Map<String, String> metadata) {
        return metadata.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(pair -> pair.getKey() + "=" + pair.getValue())
                .collect(Collectors.joining(" "));
    }
}
