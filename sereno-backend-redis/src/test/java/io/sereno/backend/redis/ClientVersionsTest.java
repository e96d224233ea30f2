package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.LettuceVersion;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The versions that the jars on a class path state, and the accepted pairs. sereno-combinations starts the pairs themselves. */
class ClientVersionsTest {
    private static final Map<String, String> NETTY_CLASSES = Map.of(
            "netty-common", "io/netty/util/concurrent/Future.class",
            "netty-buffer", "io/netty/buffer/ByteBuf.class",
            "netty-resolver", "io/netty/resolver/AddressResolverGroup.class",
            "netty-transport", "io/netty/channel/Channel.class");

    @TempDir
    Path folder;

    private final List<URL> classPath = new ArrayList<>();

    @Test
    void theVersionsOfThisClassPathAreFound() {
        ClientVersions versions = ClientVersions.find(getClass().getClassLoader());
        assertThat(LettuceVersion.getVersion()).startsWith(versions.lettuce().orElseThrow() + "/");
        assertThat(versions.netty()).containsOnlyKeys(NETTY_CLASSES.keySet());
        assertThat(versions.netty())
                .allSatisfy((part, version) -> assertThat(io.netty.util.Version.identify())
                        .hasEntrySatisfying(
                                part,
                                found -> assertThat(found.artifactVersion()).isEqualTo(version)));
        versions.check();
    }

    @ParameterizedTest
    @CsvSource({
        "6.6.0.RELEASE, 4.1.128.Final",
        "6.6.0.RELEASE, 4.1.140.Final",
        "6.8.2.RELEASE, 4.2.15.Final",
        "7.5.2.RELEASE, 4.2.18.Final",
        "7.7.0.RELEASE, 4.2.18.Final"
    })
    void pairsThatWorkAreTaken(String lettuce, String netty) {
        assertThatCode(() -> pair(lettuce, netty).check()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "6.5.5.RELEASE, 4.1.128.Final",
        "6.6.0.RELEASE, 4.2.18.Final",
        "6.8.2.RELEASE, 4.1.128.Final",
        "7.7.0.RELEASE, 4.1.140.Final",
        "7.70.0.RELEASE, 4.2.18.Final",
        "7.7.0.RELEASE, 5.0.0.Final"
    })
    void otherPairsAreRefusedWithBothVersionsAndThePairsThatWork(String lettuce, String netty) {
        assertThatThrownBy(() -> pair(lettuce, netty).check())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        "Lettuce " + lettuce,
                        "Netty " + netty,
                        "Lettuce 6.6 on Netty 4.1, Lettuce 6.8 on Netty 4.2, Lettuce 7.5 on Netty 4.2, Lettuce 7.7 on Netty 4.2");
    }

    @Test
    void partsOfTwoNettysAreRefusedByName() {
        ClientVersions mixed = new ClientVersions(
                Optional.of("7.7.0.RELEASE"), Map.of("netty-common", "4.2.18.Final", "netty-buffer", "4.1.130.Final"));
        assertThatThrownBy(mixed::check)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("netty-common 4.2.18.Final", "netty-buffer 4.1.130.Final");
    }

    @Test
    void eachJarIsAskedForItsOwnVersion() throws Exception {
        jar("lettuce", Map.of("io/lettuce/core/RedisClient.class", "", LETTUCE, "version=7.5.2.RELEASE"));
        nettyJars("4.2.15.Final");
        assertThat(find()).isEqualTo(pair("7.5.2.RELEASE", "4.2.15.Final"));
    }

    /** As a jar does that contains Lettuce under other names, and forgot that file. */
    @Test
    void aFileWithoutTheClassesIsSkipped() throws Exception {
        jar("vendor", Map.of(LETTUCE, "version=5.0.0.RELEASE", netty("netty-common"), "version=4.0.0.Final"));
        jar("lettuce", Map.of("io/lettuce/core/RedisClient.class", "", LETTUCE, "version=6.6.0.RELEASE"));
        nettyJars("4.1.128.Final");
        assertThat(find()).isEqualTo(pair("6.6.0.RELEASE", "4.1.128.Final"));
    }

    /** As shading leaves it, with Maven's own files and with only one of Netty's. */
    @Test
    void aJarThatMergesAllIsRead() throws Exception {
        jar(
                "merged",
                Map.of(
                        "io/lettuce/core/RedisClient.class",
                        "",
                        LETTUCE,
                        "version=7.7.0.RELEASE",
                        "io/netty/util/concurrent/Future.class",
                        "",
                        netty("netty-common"),
                        "version=4.2.18.Final",
                        "io/netty/channel/Channel.class",
                        "",
                        "META-INF/io.netty.versions.properties",
                        "netty-resolver-dns.version=4.2.18.Final"));
        assertThat(find())
                .isEqualTo(new ClientVersions(
                        Optional.of("7.7.0.RELEASE"),
                        Map.of("netty-common", "4.2.18.Final", "netty-transport", "4.2.18.Final")));
    }

    @Test
    void unpublishedVersionsAreNotRefused() throws Exception {
        jar("merged", Map.of("io/lettuce/core/RedisClient.class", "", "io/netty/channel/Channel.class", ""));
        ClientVersions versions = find();
        assertThat(versions).isEqualTo(new ClientVersions(Optional.empty(), Map.of()));
        versions.check();
    }

    @Test
    void aMissingClassIsReportedWithTheVersions() {
        NoClassDefFoundError lacking = new NoClassDefFoundError("io/netty/channel/IoHandler");
        assertThat(pair("7.7.0.RELEASE", "4.2.18.Final").incompatible(lacking))
                .hasCause(lacking)
                .hasMessageContainingAll("io/netty/channel/IoHandler", "Lettuce 7.7.0.RELEASE", "Netty 4.2.18.Final");
    }

    private static final String LETTUCE = "META-INF/maven/io.lettuce/lettuce-core/pom.properties";

    private static String netty(String artifact) {
        return "META-INF/maven/io.netty/" + artifact + "/pom.properties";
    }

    private static ClientVersions pair(String lettuce, String netty) {
        return new ClientVersions(
                Optional.of(lettuce),
                Map.of(
                        "netty-common",
                        netty,
                        "netty-buffer",
                        netty,
                        "netty-resolver",
                        netty,
                        "netty-transport",
                        netty));
    }

    private void nettyJars(String version) throws IOException {
        for (Map.Entry<String, String> part : NETTY_CLASSES.entrySet()) {
            jar(part.getKey(), Map.of(part.getValue(), "", netty(part.getKey()), "version=" + version));
        }
    }

    private void jar(String name, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = folder.resolve(name).resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        classPath.add(folder.resolve(name).toUri().toURL());
    }

    private ClientVersions find() throws IOException {
        try (URLClassLoader loader = new URLClassLoader(classPath.toArray(URL[]::new), null)) {
            return ClientVersions.find(loader);
        }
    }
}
