package io.sereno.recipes.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The process that a session belongs to. It is for operators; the code decides nothing by it.
 *
 * @param host the host name that the machine has for itself; no name service is asked, since an answer can take seconds
 * @param pid the id of the process
 * @param version the version of Sereno
 */
public record Origin(String host, long pid, String version) {
    private static final int MAX_HOST = 100;
    private static final String UNKNOWN = "unknown";
    /** Files that hold the host name: the first one is from the Linux kernel, the second one exists on most systems. */
    private static final List<Path> FILES = List.of(Path.of("/proc/sys/kernel/hostname"), Path.of("/etc/hostname"));

    /** The origin of this process's own sessions. */
    static final Origin OWN =
            new Origin(host(System.getenv()), ProcessHandle.current().pid(), ownVersion());

    /**
     * The host name of this machine. Characters other than letters, digits, dots, dashes and underscores are replaced. {@code localhost} if neither
     * the environment nor a file has the name.
     */
    public static String host(Map<String, String> environment) {
        // Containers and Windows set an environment variable.
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

    /** The version of the module on a module path, or of the jar on a class path; {@code unknown} if the classes are in neither. */
    private static String ownVersion() {
        return Optional.ofNullable(Origin.class.getModule().getDescriptor())
                .flatMap(module -> module.rawVersion())
                .or(() -> Optional.ofNullable(Origin.class.getPackage().getImplementationVersion()))
                .map(Origin::plain)
                .orElse(UNKNOWN);
    }
}
