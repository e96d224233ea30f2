package io.sereno.combinations;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.combinations.Applications.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which versions of libraries the poms of applications resolve; nothing is started. */
class ResolutionTest {
    private static final String ENFORCER = "org.apache.maven.plugins:maven-enforcer-plugin:3.6.2:enforce";
    /** The ones whose clients bring Netty. */
    private static final List<String> STORES = List.of("etcd", "redis", "zookeeper");

    private static final List<String> ALL_STORES = List.of("etcd", "redis", "zookeeper", "postgresql");

    @Test
    void importingTheBomLeavesNettyAndLettuceToSpringBoot() throws Exception {
        Map<String, Map<String, String>> lines =
                Map.of("3.5.7", Map.of(), "4.0.7", Map.of(), "4.1.2", CombinationsTest.RESOLVING);
        List<Combination> projects = new ArrayList<>();
        lines.forEach((boot, properties) -> {
            projects.add(springData("without-" + boot, boot, properties, List.of(), List.of()));
            projects.add(springData("with-bom-" + boot, boot, properties, List.of("sereno-bom"), List.of()));
            projects.add(springData(
                    "with-backend-" + boot, boot, properties, List.of("sereno-bom"), List.of("api", "backend-redis")));
        });
        Applications applications = Applications.write("bom", projects).resolve();
        for (String boot : lines.keySet()) {
            Map<String, String> managed = clients(applications.jars("without-" + boot));
            assertThat(managed).containsKeys("lettuce-core", "netty-common", "netty-handler");
            assertThat(clients(applications.jars("with-bom-" + boot))).isEqualTo(managed);
            Map<String, String> withBackend = clients(applications.jars("with-backend-" + boot));
            assertThat(withBackend).containsAllEntriesOf(managed);
            assertThat(withBackend.entrySet())
                    .filteredOn(jar -> jar.getKey().startsWith("netty-"))
                    .allSatisfy(jar -> assertThat(jar.getValue()).isEqualTo(managed.get("netty-common")));
        }
    }

    @Test
    void aPomWithOneBackendResolvesWhatTheBuildTestsItWith() throws Exception {
        Applications applications = Applications.write(
                "one-backend", List.of(oneBackend("etcd"), oneBackend("redis"), oneBackend("zookeeper")));
        applications.resolve();
        for (String store : STORES) {
            String module = "sereno-backend-" + store;
            applications.addModule(module).resolve("-f", module);
            List<String> tested = applications.jars(module);
            assertThat(tested).isNotEmpty();
            assertThat(applications.jars("plain-" + store).stream()
                            // Annotations, which nothing needs at run time, are only provided to the module.
                            .filter(jar -> !jar.startsWith(module + "-") && !jar.startsWith("jspecify-")))
                    .containsExactlyInAnyOrderElementsOf(tested);
            assertThat(clients(tested).entrySet())
                    .filteredOn(jar -> jar.getKey().startsWith("netty-"))
                    .isNotEmpty()
                    .allSatisfy(jar -> assertThat(jar.getValue()).isEqualTo(System.getProperty("sereno.netty")));
        }
        assertThat(clients(applications.jars("plain-redis")))
                .containsEntry("lettuce-core", System.getProperty("sereno.lettuce"));
    }

    @Test
    void dependenciesOfAPomWithOneBackendConverge() throws Exception {
        Run run = Applications.write(
                        "converging",
                        ALL_STORES.stream().map(ResolutionTest::oneBackend).toList())
                .maven(ENFORCER, "-Denforcer.rules=dependencyConvergence", "-fae");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("DependencyConvergence passed");
    }

    @Test
    void dependenciesOfAPomWithABackendAndAllIntegrationsConverge() throws Exception {
        Run run = Applications.write(
                        "integrations",
                        ALL_STORES.stream().map(ResolutionTest::integrations).toList())
                .maven(ENFORCER, "-Denforcer.rules=dependencyConvergence", "-fae");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("DependencyConvergence passed");
    }

    @Test
    void dependenciesOfAPomWithSpringBootAndAllIntegrationsConverge() throws Exception {
        List<Combination> projects = new ArrayList<>();
        for (String store : ALL_STORES) {
            projects.add(bootIntegrations("3.5.7", Map.of(), store));
            projects.add(bootIntegrations("4.0.7", Map.of(), store));
            projects.add(bootIntegrations("4.1.2", CombinationsTest.RESOLVING, store));
        }
        Run run = Applications.write("boot-integrations", projects)
                .maven(ENFORCER, "-Denforcer.rules=dependencyConvergence", "-fae");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("DependencyConvergence passed");
    }

    private static Combination bootIntegrations(String boot, Map<String, String> properties, String store) {
        return springData(
                "boot-integrations-" + boot + "-" + store,
                boot,
                properties,
                List.of("sereno-bom"),
                List.of(
                        Combination.starterFor(boot),
                        "backend-" + store,
                        "micrometer",
                        "shedlock",
                        "spring-integration",
                        "junit",
                        "org.springframework.boot:spring-boot-starter-actuator",
                        "org.springframework.boot:spring-boot-starter-integration"));
    }

    private static Combination integrations(String store) {
        return Combination.plain(
                "integrations-" + store,
                "sereno-bom",
                List.of("api", "backend-" + store, "micrometer", "shedlock", "spring-integration", "junit"),
                store);
    }

    @Test
    void noAdvisoryNamesWhatAPomWithOneBackendResolves() throws Exception {
        Run run = Applications.write(
                        "unnamed",
                        ALL_STORES.stream().map(ResolutionTest::oneBackend).toList())
                .maven(ENFORCER, "-fae");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("BannedDependencies passed");
    }

    @Test
    void aVersionThatAnAdvisoryNamesFailsTheScanWithItsNumber() throws Exception {
        Run run = Applications.write(
                        "named",
                        List.of(Combination.plain("old", "sereno-bom", List.of("io.netty:netty-handler:4.2.13.Final"))))
                .maven(ENFORCER);
        assertThat(run.status()).isNotZero();
        assertThat(run.output()).contains("CVE-2026-45416", "io.netty:netty-handler:jar:4.2.13.Final");
    }

    private static Combination oneBackend(String store) {
        return Combination.plain("plain-" + store, "sereno-bom", List.of("api", "backend-" + store), store);
    }

    private static Combination springData(
            String name, String boot, Map<String, String> properties, List<String> boms, List<String> modules) {
        List<String> dependencies = new ArrayList<>(List.of("org.springframework.boot:spring-boot-starter-data-redis"));
        dependencies.addAll(modules);
        return new Combination(
                name, boot, properties, boms, dependencies, "Boot.java", List.of(), Combination.Packaging.CLASS_PATH);
    }

    /** Versions of Netty and Lettuce among jars, by artifact. */
    private static Map<String, String> clients(List<String> jars) {
        return jars.stream()
                .filter(jar -> jar.startsWith("netty-") || jar.startsWith("lettuce-"))
                .collect(Collectors.toMap(
                        jar -> jar.replaceAll("-\\d.*", ""),
                        jar -> jar.replaceAll("^[a-z0-9_-]*?-(\\d[^-]*)\\.jar$", "$1")));
    }
}
