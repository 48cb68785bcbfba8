// The addresses of each name in the arguments as InetAddress finds them, one name a line; "none" if
// there are none.
import java.net.InetAddress;
import java.net.UnknownHostException;

class Lookup {
  public static void main(String[] names) {
    for (String name : names) {
      try {
        StringBuilder line = new StringBuilder();
        for (InetAddress address : InetAddress.getAllByName(name)) {
          line.append(address.getHostAddress()).append(' ');
        }
        System.out.println(line);
      } catch (UnknownHostException e) {
        System.out.println("none");
      }
    }
  }
}
