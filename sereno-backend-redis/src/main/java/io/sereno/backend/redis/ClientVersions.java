package io.sereno.backend.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The versions of Lettuce and Netty on the class path, as their jars publish them, and whether this backend is tested with the two.
 *
 * <p>This class links to no class of either library, so it works with every version of them. A jar that merges others
 * keeps the files that Maven writes into each of them. If these files were removed, the version is unknown, and is not
 * refused.
 *
 * @param lettuce empty if unknown
 * @param netty the version of each part of Netty that Lettuce uses, by artifact; without unknown ones
 */
record ClientVersions(Optional<String> lettuce, Map<String, String> netty) {
    /**
     * Release lines of Lettuce, by the release line of Netty that they work with. sereno-combinations starts each of these
     * pairs.
     */
    private static final Map<String, List<String>> WORKING = new LinkedHashMap<>();

    static {
        WORKING.put("4.1", List.of("6.6"));
        WORKING.put("4.2", List.of("6.8", "7.5", "7.7"));
    }

    /**
     * A class of each part of Netty that must be of the same release line as the others. The native transports are used if they
     * load.
     */
    private static final Map<String, String> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("netty-common", "io.netty.util.concurrent.Future");
        PARTS.put("netty-buffer", "io.netty.buffer.ByteBuf");
        PARTS.put("netty-resolver", "io.netty.resolver.AddressResolverGroup");
        PARTS.put("netty-transport", "io.netty.channel.Channel");
    }

    private static final Pattern LINE = Pattern.compile("(\\d+\\.\\d+)(\\.|$).*");

    static ClientVersions find(ClassLoader loader) {
        Map<String, String> netty = new LinkedHashMap<>();
        PARTS.forEach((artifact, type) -> published(loader, type, "io.netty", artifact)
                .or(() -> nettyVersions(loader, type, artifact))
                .ifPresent(version -> netty.put(artifact, version)));
        String client = "io.lettuce.core.RedisClient";
        return new ClientVersions(
                published(loader, client, "io.lettuce", "lettuce-core").or(() -> manifestVersion(loader, client)),
                Collections.unmodifiableMap(netty));
    }

    /** Whether the libraries have a class that only some versions have. */
    static boolean hasClass(String type) {
        try {
            Class.forName(type, false, ClientVersions.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError lacking) {
            return false;
        }
    }

    /** @throws IllegalArgumentException if both versions are known and do not work together */
    void check() {
        LinkedHashSet<String> lines =
                netty.values().stream().map(ClientVersions::line).collect(Collectors.toCollection(LinkedHashSet::new));
        if (lines.size() > 1 || (lettuce.isPresent() && !lines.isEmpty() && !isWorking(lettuce.get(), lines))) {
            throw new IllegalArgumentException(this + " do not work together here. " + advice());
        }
    }

    /** The exception for a class or method of the libraries that is missing all the same. */
    IllegalArgumentException incompatible(LinkageError failure) {
        return new IllegalArgumentException(
                "the class path has parts of Lettuce or Netty that do not fit together: " + failure + ". Found: " + this
                        + ". " + advice(),
                failure);
    }

    private static boolean isWorking(String lettuce, LinkedHashSet<String> nettyLines) {
        return nettyLines.stream()
                .allMatch(netty -> WORKING.getOrDefault(netty, List.of()).contains(line(lettuce)));
    }

    private static String advice() {
        String pairs = WORKING.entrySet().stream()
                .flatMap(pair ->
                        pair.getValue().stream().map(lettuce -> "Lettuce " + lettuce + " on Netty " + pair.getKey()))
                .collect(Collectors.joining(", "));
        return "These pairs work: " + pairs
                + ". Take both versions from your framework, or from the BOM io.sereno:sereno-dependencies";
    }

    /** {@code 7.7} of {@code 7.7.0.RELEASE}. */
    private static String line(String version) {
        Matcher line = LINE.matcher(version);
        return line.matches() ? line.group(1) : version;
    }

    /** Such as {@code Lettuce 7.7.0.RELEASE and Netty 4.2.18.Final}; each part of Netty where they differ. */
    @Override
    public String toString() {
        String nettys = netty.values().stream().distinct().count() > 1
                ? netty.entrySet().stream()
                        .map(part -> part.getKey() + " " + part.getValue())
                        .collect(Collectors.joining(", "))
                : "Netty " + netty.values().stream().findFirst().orElse("of an unknown version");
        return "Lettuce " + lettuce.orElse("of an unknown version") + " and " + nettys;
    }

    /** The version that Maven wrote into the jar with the class. */
    private static Optional<String> published(ClassLoader loader, String type, String group, String artifact) {
        return properties(loader, type, "META-INF/maven/" + group + "/" + artifact + "/pom.properties")
                .map(found -> found.getProperty("version"));
    }

    /** The version that Netty's own build wrote. A jar that merges Netty's jars has the file of one of them. */
    private static Optional<String> nettyVersions(ClassLoader loader, String type, String artifact) {
        return properties(loader, type, "META-INF/io.netty.versions.properties")
                .flatMap(found -> Optional.ofNullable(found.getProperty(artifact + ".version"))
                        .or(() -> found.stringPropertyNames().stream()
                                .filter(key -> key.endsWith(".version"))
                                .map(found::getProperty)
                                .findFirst()));
    }

    /**
     * {@code 7.7.0.RELEASE} of {@code 7.7.0.RELEASE/1960d49}. The manifest of a jar that merges others describes another product.
     */
    private static Optional<String> manifestVersion(ClassLoader loader, String type) {
        try {
            Package its = Class.forName(type, false, loader).getPackage();
            return "Lettuce".equals(its.getImplementationTitle())
                    ? Optional.ofNullable(its.getImplementationVersion()).map(version -> version.replaceAll("/.*", ""))
                    : Optional.empty();
        } catch (ClassNotFoundException | LinkageError lacking) {
            return Optional.empty();
        }
    }

    /** From the jar that has the class: another jar may contain the file without the class, or come before it. */
    private static Optional<Properties> properties(ClassLoader loader, String type, String file) {
        String path = type.replace('.', '/') + ".class";
        URL found = loader.getResource(path);
        if (found == null) {
            return Optional.empty();
        }
        String place = found.toString();
        String wanted = place.substring(0, place.length() - path.length()) + file;
        try {
            for (URL candidate : Collections.list(loader.getResources(file))) {
                if (candidate.toString().equals(wanted)) {
                    try (InputStream content = candidate.openStream()) {
                        Properties properties = new Properties();
                        properties.load(content);
                        return Optional.of(properties);
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
