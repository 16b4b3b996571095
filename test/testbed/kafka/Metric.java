import com.sun.tools.attach.VirtualMachine;
import javax.management.ObjectName;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Prints the sum of an attribute over all beans of a Java process that a pattern fits: process id, pattern, attribute. */
class Metric {
  public static void main(String[] args) throws Exception {
    var process = VirtualMachine.attach(args[0]);
    try (var connector = JMXConnectorFactory.connect(new JMXServiceURL(process.startLocalManagementAgent()))) {
      var beans = connector.getMBeanServerConnection();
      var names = beans.queryNames(new ObjectName(args[1]), null);
      if (names.isEmpty()) throw new IllegalArgumentException("no bean is called " + args[1]);
      double sum = 0;
      for (var name : names) sum += ((Number) beans.getAttribute(name, args[2])).doubleValue();
      System.out.println(sum);
    } finally {
      process.detach();
    }
  }
}
