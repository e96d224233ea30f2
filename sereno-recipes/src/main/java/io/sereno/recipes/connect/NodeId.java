package io.sereno.recipes.connect;

import io.sereno.recipes.kernel.Origin;
import java.security.SecureRandom;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** The default node id: host name, process id, eight random characters. An operator finds the machine, and no two ids are the same. */
final class NodeId {
    private static final String CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

    private NodeId() {}

    static String fresh(Map<String, String> environment) {
        RandomGenerator random = new SecureRandom();
        String suffix = random.ints(8, 0, CHARACTERS.length())
                .mapToObj(i -> CHARACTERS.substring(i, i + 1))
                .collect(Collectors.joining());
        return Origin.host(environment) + "-" + ProcessHandle.current().pid() + "-" + suffix;
    }
}
