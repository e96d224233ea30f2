package io.sereno.recipes.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The process that a session belongs to, for operators: no decision depends on it.
 *
 * @param host name of the machine as it knows it itself; no name service is asked, since that can take long
 * @param pid of the process
 * @param version of Sereno
 */
public record Origin(String host, long pid, String version) {
    private static final int MAX_HOST = 100;
    private static final String UNKNOWN = "unknown";
    /** The files where the Linux kernel shows the name, and where most systems keep it. */
    private static final List<Path> FILES = List.of(Path.of("/proc/sys/kernel/hostname"), Path.of("/etc/hostname"));

    /** The origin for this process. */
    static final Origin OWN =
            new Origin(host(System.getenv()), ProcessHandle.current().pid(), ownVersion());

    /** The name of this machine, of letters, digits, dots, dashes and underscores; {@code localhost} if it cannot be found without asking others. */
    public static String host(Map<String, String> environment) {
        // Containers and Windows have it in a variable.
        String host = plain(environment.getOrDefault("HOSTNAME", environment.getOrDefault("COMPUTERNAME", "")));
        for (Path file : FILES) {
            if (host.isEmpty()) {
                host = firstLine(file);
            }
        }
        return host.isEmpty() ? "localhost" : host;
    }

    private static String firstLine(Path file) {
        try {
            return Files.isReadable(file)
                    ? plain(Files.readString(file, StandardCharsets.ISO_8859_1).strip())
                    : "";
        } catch (IOException unreadable) {
            return ""; // Not every system has the file; the name is for people only.
        }
    }

    private static String plain(String name) {
        String plain = name.strip().replaceAll("[^A-Za-z0-9._-]", "_");
        return plain.length() <= MAX_HOST ? plain : plain.substring(0, MAX_HOST);
    }

    /** The version of the module on a module path, or of the jar on a class path; unknown if classes are used before they are packed. */
    private static String ownVersion() {
        return Optional.ofNullable(Origin.class.getModule().getDescriptor())
                .flatMap(module -> module.rawVersion())
                .or(() -> Optional.ofNullable(Origin.class.getPackage().getImplementationVersion()))
                .map(Origin::plain)
                .orElse(UNKNOWN);
    }
}
