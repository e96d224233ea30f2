package io.sereno.combinations;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One application: its pom, its main class, and the stores that it takes a lock at.
 *
 * @param name also its folder
 * @param parent the version of Spring Boot's parent; empty without Spring Boot
 * @param properties of the pom
 * @param boms of Sereno, that it imports
 * @param dependencies as group:artifact, group:artifact:version, or just the last part of a module of Sereno's, in the order of the pom
 * @param app the source of its main class
 * @param stores schemes of URIs
 * @param packaging how it is started
 */
record Combination(
        String name,
        String parent,
        Map<String, String> properties,
        List<String> boms,
        List<String> dependencies,
        String app,
        List<String> stores,
        Packaging packaging) {

    enum Packaging {
        CLASS_PATH,
        /** Spring Boot's fat jar. */
        FAT,
        /** One jar with the content of all, and merged files of services. */
        SHADED
    }

    /** Of a project without a framework. The enforcer does nothing unless it is asked to, and then looks for known advisories. */
    static final String PLUGINS =
            "<plugin><artifactId>maven-compiler-plugin</artifactId><version>3.14.1</version></plugin>"
                    + "<plugin><artifactId>maven-enforcer-plugin</artifactId><version>3.6.2</version><configuration><rules><externalRules>"
                    + "<location>" + StagedModules.ROOT.resolve("advisories.xml")
                    + "</location></externalRules></rules></configuration></plugin>";

    static Combination boot(String version, Map<String, String> properties, String... stores) {
        List<String> dependencies = new ArrayList<>(List.of("org.springframework.boot:spring-boot-starter", "api"));
        for (String store : stores) {
            if (store.equals("redis")) {
                // As most applications have it that use Redis: this starter decides on Lettuce.
                dependencies.add("org.springframework.boot:spring-boot-starter-data-redis");
            }
            dependencies.add("backend-" + store);
        }
        return new Combination(
                "boot-" + version + "-" + String.join("-", stores),
                version,
                properties,
                List.of("sereno-bom"),
                dependencies,
                "Boot.java",
                List.of(stores),
                Packaging.CLASS_PATH);
    }

    /** With Sereno's starter for that line, which connects by a property. */
    static Combination starter(String version, Map<String, String> properties, String store) {
        Combination boot = boot(version, properties, store);
        List<String> dependencies = new ArrayList<>(boot.dependencies());
        dependencies.set(0, starterFor(version));
        return new Combination(
                "starter-" + version + "-" + store,
                version,
                properties,
                boot.boms(),
                dependencies,
                "BootStarter.java",
                boot.stores(),
                boot.packaging());
    }

    static String starterFor(String version) {
        return version.startsWith("3.") ? "spring-boot3-starter" : "spring-boot-starter";
    }

    static Combination plain(String name, String bom, List<String> dependencies, String... stores) {
        return new Combination(
                name, "", Map.of(), List.of(bom), dependencies, "Plain.java", List.of(stores), Packaging.CLASS_PATH);
    }

    Combination packaged(Packaging newPackaging) {
        return new Combination(
                name + "-" + newPackaging.name().toLowerCase(Locale.ROOT),
                parent,
                properties,
                boms,
                dependencies,
                app,
                stores,
                newPackaging);
    }

    Combination with(String newApp) {
        return new Combination(name, parent, properties, boms, dependencies, newApp, stores, packaging);
    }

    /** The pom of a user, and the repository of Sereno until it is published. */
    String pom(String repositories) {
        return """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  %s
                  <groupId>example</groupId>
                  <artifactId>%s</artifactId>
                  <version>1</version>
                  <properties>
                    <maven.compiler.release>17</maven.compiler.release>
                    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
                    %s
                  </properties>
                  %s
                  <dependencyManagement>
                    <dependencies>
                %s
                    </dependencies>
                  </dependencyManagement>
                  <dependencies>
                %s
                  </dependencies>
                  <build>
                    <finalName>application</finalName>
                    <plugins>
                %s
                    </plugins>
                  </build>
                </project>
                """.formatted(
                parent.isEmpty()
                        ? ""
                        : "<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId>"
                                + "<version>" + parent + "</version><relativePath/></parent>",
                name,
                properties.entrySet().stream()
                        .map(p -> "<" + p.getKey() + ">" + p.getValue() + "</" + p.getKey() + ">")
                        .collect(Collectors.joining()),
                repositories,
                boms.stream()
                        .map(bom -> dependency(
                                "io.sereno", bom, StagedModules.VERSION, "<type>pom</type><scope>import</scope>"))
                        .collect(Collectors.joining("\n")),
                dependencies.stream().map(Combination::dependency).collect(Collectors.joining("\n")),
                (parent.isEmpty() ? PLUGINS : "") + plugin());
    }

    private static String dependency(String text) {
        String[] parts = text.split(":", -1);
        return parts.length == 1
                ? dependency(
                        "io.sereno", "sereno-" + text, "", text.startsWith("backend-") ? "<scope>runtime</scope>" : "")
                : dependency(parts[0], parts[1], parts.length == 3 ? parts[2] : "", "");
    }

    private static String dependency(String group, String artifact, String version, String more) {
        return "<dependency><groupId>" + group + "</groupId><artifactId>" + artifact + "</artifactId>"
                + (version.isEmpty() ? "" : "<version>" + version + "</version>") + more + "</dependency>";
    }

    private String plugin() {
        return switch (packaging) {
            case CLASS_PATH -> "";
            case FAT ->
                "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>";
            case SHADED -> """
                <plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-shade-plugin</artifactId><version>3.6.1</version>
                  <executions><execution><phase>package</phase><goals><goal>shade</goal></goals><configuration>
                    <createDependencyReducedPom>false</createDependencyReducedPom>
                    <transformers>
                      <transformer implementation="org.apache.maven.plugins.shade.resource.ServicesResourceTransformer"/>
                      <transformer implementation="org.apache.maven.plugins.shade.resource.ManifestResourceTransformer">
                        <mainClass>example.Application</mainClass>
                        <manifestEntries><Implementation-Version>1.0</Implementation-Version></manifestEntries>
                      </transformer>
                    </transformers>
                  </configuration></execution></executions></plugin>""";
        };
    }
}
