package io.sereno.backend.redis;

import io.sereno.spi.Target;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * The script, and the keys and channels of one namespace that it works on. They share a hash tag, so in a Cluster they share a slot.
 */
final class Script {
    private static final String TEXT = load();
    private static final String DIGEST = sha1(TEXT);

    private final String prefix;
    private final String[] keys;

    private Script(String prefix, String... keys) {
        this.prefix = prefix;
        this.keys = keys;
    }

    static Script of(String namespace) {
        String tag = tag(namespace);
        return new Script(tag, tag + "meta", tag + "entries", tag + "index", tag + "leases", tag + "leased");
    }

    String text() {
        return TEXT;
    }

    /** A line of the script, as the server counts them from 1; empty if there is no such line. */
    static String line(int number) {
        return TEXT.lines().skip(Math.max(0, number - 1)).findFirst().orElse("");
    }

    /** The digest that names the script at a server that has loaded it. */
    String digest() {
        return DIGEST;
    }

    /** A copy, in the order that the script expects. */
    String[] keys() {
        return keys.clone();
    }

    /** The channel on which changes of a target are published. */
    String channel(Target target) {
        return prefix + ":" + target.directory()
                + target.name().map(name -> "\0" + name).orElse("");
    }

    /** The channel whose messages reset all watches. */
    String all() {
        return prefix + "all";
    }

    /** The channel of the clients that wake up for the end of a lease. */
    String reapers() {
        return prefix + "reapers";
    }

    /** The channel on which the rights of the user are tested. Nobody subscribes to it. */
    String rights() {
        return prefix + "rights";
    }

    /**
     * Keeps letters, digits and {@code / . _ ~ -}, and writes everything else as percent and hex: no two namespaces collide, and no brace or
     * wildcard is left.
     */
    private static String tag(String namespace) {
        StringBuilder tag = new StringBuilder("{sereno:");
        for (byte b : namespace.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "/._~-".indexOf(c) >= 0)) {
                tag.append(c);
            } else {
                tag.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return tag.append("}:").toString();
    }

    private static String load() {
        try (InputStream in = Objects.requireNonNull(Script.class.getResourceAsStream("sereno.lua"), "sereno.lua")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-1", e);
        }
    }
}
