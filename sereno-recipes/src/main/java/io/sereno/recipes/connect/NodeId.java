package io.sereno.recipes.connect;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** The default node id: host name, process id, eight random characters. An operator finds the machine, and no two are the same. */
final class NodeId {
    private static final String CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";
    private static final int MAX_HOST = 100;

    private NodeId() {}

    static String fresh(Map<String, String> environment) {
        RandomGenerator random = new SecureRandom();
        String suffix = random.ints(8, 0, CHARACTERS.length())
                .mapToObj(i -> CHARACTERS.substring(i, i + 1))
                .collect(Collectors.joining());
        return host(environment) + "-" + ProcessHandle.current().pid() + "-" + suffix;
    }

    private static String host(Map<String, String> environment) {
        // Containers and Windows say it in a variable; a name service that is slow or away is asked last.
        String host = environment.getOrDefault("HOSTNAME", environment.getOrDefault("COMPUTERNAME", ""));
        if (!host.matches("[A-Za-z0-9._-]+")) {
            try {
                host = InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                // The machine has no name that it can tell; the random characters still keep ids apart.
                host = "localhost";
            }
        }
        return host.length() <= MAX_HOST ? host : host.substring(0, MAX_HOST);
    }
}
